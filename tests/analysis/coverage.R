# How often the 95 % intervals of docs/statistics.md hold the mean of a scenario of which few trials are drawn: resampled from
# the trials that a campaign has, by R's own functions.
#
#   sqlite3 -csv -header results/NAME/results.sqlite 'SELECT t.scenario, correct, critical, images FROM trial t
#     JOIN scenario s ON s.id = t.scenario' > trials.csv
#   Rscript coverage.R trials.csv
trials <- read.csv(commandArgs(trailingOnly = TRUE)[1])
repetitions <- 2000
set.seed(1)
wilson <- function(p, n, q) {
  centre <- (p + q^2 / (2 * n)) / (1 + q^2 / n)
  half <- q * sqrt(p * (1 - p) / n + q^2 / (4 * n^2)) / (1 + q^2 / n)
  c(max(0, centre - half), min(1, centre + half))
}
share_interval <- function(count, m, q) {
  n <- length(count)
  p <- mean(count) / m
  effect <- if (p > 0 && p < 1) min(max(var(count / m) * m / (p * (1 - p)), 1), m) else m
  wilson(p, n * m / effect, q)
}
cat(sprintf("%6s %28s %28s %28s\n", "trials", "mean, t", "critical share, z", "critical share, t"))
for (n in c(5, 10, 20)) {
  covered <- sapply(split(trials, trials$scenario), function(s) {
    m <- s$images[1]
    truth <- c(mean(s$correct), mean(s$critical) / m)
    rowMeans(replicate(repetitions, {
      drawn <- s[sample.int(nrow(s), n, replace = TRUE), ]
      half <- qt(.975, n - 1) * sd(drawn$correct) / sqrt(n)
      z <- share_interval(drawn$critical, m, qnorm(.975))
      t <- share_interval(drawn$critical, m, qt(.975, n - 1))
      c(abs(mean(drawn$correct) - truth[1]) <= half, z[1] <= truth[2] && truth[2] <= z[2],
        t[1] <= truth[2] && truth[2] <= t[2])
    }))
  })
  cat(sprintf("%6d", n), sprintf("%13.1f %% (worst %4.1f %%)", 100 * rowMeans(covered), 100 * apply(covered, 1, min)), "\n")
}
