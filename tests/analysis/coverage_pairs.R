# How often the 95 % intervals of docs/statistics.md hold the difference of two hardwares of a campaign in common draws, of which
# few pairs of trials are drawn: resampled from the pairs that a campaign has, by R's own functions.
#
#   fluence report results/NAME --json pairs.json
#   jq -r '.hardware_differences[] | select(.draw == "common") | .scenarios | @csv' pairs.json > pairs.csv
#   sqlite3 -csv -header results/NAME/results.sqlite 'SELECT t.scenario, trial, correct, critical, images FROM trial t
#     JOIN scenario s ON s.id = t.scenario' > trials.csv
#   Rscript coverage_pairs.R pairs.csv trials.csv
arguments <- commandArgs(trailingOnly = TRUE)
pairs <- read.csv(arguments[1], header = FALSE, col.names = c("first", "second"))
trials <- read.csv(arguments[2])
repetitions <- 2000
set.seed(1)
differences <- lapply(seq_len(nrow(pairs)), function(i) {
  both <- merge(trials[trials$scenario == pairs$first[i], ], trials[trials$scenario == pairs$second[i], ], by = "trial")
  cbind(critical = both$critical.y - both$critical.x, accuracy = both$correct.y - both$correct.x) * 100 / both$images.x
})
# No interval where no trial shows a difference: such a sample claims nothing.
covers <- function(d, truth) {
  half <- qt(.975, length(d) - 1) * sd(d) / sqrt(length(d))
  if (half == 0) NA else abs(mean(d) - truth) <= half
}
cat(sprintf("%5s %40s %40s\n", "pairs", "critical: mean (worst), no interval", "accuracy: mean (worst), no interval"))
for (n in c(5, 10, 20, 100)) {
  covered <- sapply(differences, function(y) {
    drawn <- replicate(repetitions, {
      sample <- y[sample.int(nrow(y), n, replace = TRUE), ]
      c(covers(sample[, 1], mean(y[, 1])), covers(sample[, 2], mean(y[, 2])))
    })
    c(rowMeans(drawn, na.rm = TRUE), rowMeans(is.na(drawn)))
  })
  of <- function(i) sprintf("%20.1f %% (%4.1f %%), %4.1f %%", 100 * mean(covered[i, ], na.rm = TRUE), 100 * min(covered[i, ], na.rm = TRUE),
                            100 * mean(covered[i + 2, ]))
  cat(sprintf("%5d", n), of(1), of(2), "\n")
}
