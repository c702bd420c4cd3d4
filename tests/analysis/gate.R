# What analysis/gate.cpp computes, by R's own t.test and p.adjust: reads scenario, side and loss of
# every trial, prints p, adjusted p and the interval's half width of each scenario. With a fourth argument, trials
# are paired in their order.
arguments <- commandArgs(trailingOnly = TRUE)
trials <- read.csv(arguments[1])
margin <- as.numeric(arguments[2])
level <- as.numeric(arguments[3])
paired <- length(arguments) > 3
rows <- lapply(split(trials, trials$scenario), function(s) {
  now <- s$loss[s$side == "now"]
  before <- s$loss[s$side == "before"]
  worse <- t.test(now, before, mu = margin, alternative = "greater", paired = paired)$p.value
  better <- t.test(now, before, mu = -margin, alternative = "less", paired = paired)$p.value
  interval <- t.test(now, before, conf.level = 1 - level, paired = paired)$conf.int
  c(min(1, 2 * min(worse, better)), diff(interval) / 2)
})
p <- sapply(rows, `[`, 1)
cat(sprintf("%.15g %.15g %.15g\n", p, p.adjust(p, "holm"), sapply(rows, `[`, 2)), sep = "")
