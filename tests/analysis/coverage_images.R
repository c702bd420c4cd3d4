# How often the 95 % intervals of images like these (docs/statistics.md) hold a scenario's value for all its trials and images, of which
# few trials on some of the images are drawn, both with replacement: by R's own functions.
#
#   sqlite3 -separator ' ' results/NAME/results.sqlite "SELECT t.scenario, hex(b.correct_set), hex(t.correct_set), hex(t.critical_set)
#     FROM trial t JOIN scenario s ON s.id = t.scenario
#     JOIN baseline b ON b.engine = s.engine AND b.network = s.network AND b.images = s.images ORDER BY t.scenario" > sets.txt
#   Rscript coverage_images.R sets.txt
sets <- read.table(commandArgs(trailingOnly = TRUE)[1], colClasses = c("integer", "character", "character", "character"))
repetitions <- 300
set.seed(1)
bits <- function(hex) {
  bytes <- strtoi(substring(hex, seq(1, nchar(hex), 2), seq(2, nchar(hex), 2)), 16)
  as.integer(rawToBits(as.raw(bytes)))
}
wilson <- function(p, n, q) {
  centre <- (p + q^2 / (2 * n)) / (1 + q^2 / n)
  half <- q * sqrt(p * (1 - p) / n + q^2 / (4 * n^2)) / (1 + q^2 / n)
  c(max(0, centre - half), min(1, centre + half))
}
# Mean, its variance over trials alone and over trials and images, and the latter's degrees of freedom. y: [trial][image]
crossed <- function(y) {
  n <- nrow(y)
  m <- ncol(y)
  mean <- mean(y)
  by_trial <- rowMeans(y)
  by_image <- colMeans(y)
  mt <- m * var(by_trial)
  mi <- n * var(by_image)
  me <- max(0, sum((y - mean)^2) - (n - 1) * mt - (m - 1) * mi) / ((n - 1) * (m - 1))
  faults <- mt / (n * m)
  fourth <- faults^2 / (n - 1)
  if (mi <= me) return(c(mean, faults, faults, n - 1))
  images <- (mt + mi - me) / (n * m)
  c(mean, faults, images, images^2 / (fourth + (mi / (n * m))^2 / (m - 1)))
}
holds <- function(low, high, value) low <= value && value <= high
# Of loss: these images, images like these; of the critical share the same.
covered <- function(loss, critical, n, m) {
  i <- sample.int(nrow(loss), n, replace = TRUE)
  j <- sample.int(ncol(loss), m, replace = TRUE)
  l <- crossed(loss[i, j])
  t <- function(variance, freedom) qt(.975, freedom) * sqrt(variance)
  c <- crossed(critical[i, j])
  p <- c[1]
  effective <- if (p > 0 && p < 1 && c[2] > 0) min(max(p * (1 - p) / c[2], n), n * m) else n
  least <- 1 / (1 / n + 1 / m)
  shares <- if (p == 0 || p == 1) wilson(p, least, qt(.975, min(n, m) - 1)) else
    wilson(p, min(max(if (c[3] > 0) p * (1 - p) / c[3] else effective, min(least, effective)), effective), qt(.975, c[4]))
  these <- wilson(p, effective, qt(.975, n - 1))
  value <- c(mean(loss), mean(critical))
  c(abs(l[1] - value[1]) <= t(l[2], n - 1), abs(l[1] - value[1]) <= t(l[3], l[4]),
    holds(these[1], these[2], value[2]), holds(shares[1], shares[2], value[2]))
}
cat(sprintf("%6s %6s %24s %24s %24s %24s\n", "trials", "images", "loss, these", "loss, like these", "critical, these", "critical, like these"))
scenarios <- lapply(split(sets, sets$V1), function(s) {
  golden <- bits(s$V2[1])
  correct <- t(sapply(s$V3, bits, USE.NAMES = FALSE))
  list(loss = sweep(-correct, 2, golden, "+"), critical = t(sapply(s$V4, bits, USE.NAMES = FALSE)))
})
for (n in c(5, 20, 100)) for (m in c(100, 500)) {
  rate <- sapply(scenarios, function(s) rowMeans(replicate(repetitions, covered(s$loss, s$critical, n, m))))
  cat(sprintf("%6d %6d", n, m), sprintf("%9.1f %% (worst %4.1f %%)", 100 * rowMeans(rate), 100 * apply(rate, 1, min)), "\n")
}
