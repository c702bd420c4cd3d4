# An independent computation of what analysis computes, by R's own functions: reads the data that the
# test wrote, writes one JSON object of numbers.
folder <- commandArgs(trailingOnly = TRUE)[1]
values <- read.csv(file.path(folder, "values.csv"))$value
clusters <- read.csv(file.path(folder, "clusters.csv"))
cells <- read.csv(file.path(folder, "observations.csv"))

numbers <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ","), "]")
out <- list()

test <- t.test(values)
out$describe <- c(mean(values), sd(values), quantile(values, c(0, .05, .25, .5, .75, .95, 1)), test$conf.int)

m <- clusters$images[1]
shares <- clusters$count / m
p <- mean(shares)
effect <- (var(shares) / nrow(clusters)) / (p * (1 - p) / (m * nrow(clusters)))
effective <- m * nrow(clusters) / effect
# Wilson's interval is the inversion of the score test: solve it, without his formula.
score <- function(p0) (p - p0)^2 - qt(.975, nrow(clusters) - 1)^2 * p0 * (1 - p0) / effective
out$share <- c(p, effect, effective, uniroot(score, c(1e-9, p), tol = 1e-14)$root,
               uniroot(score, c(p, 1 - 1e-9), tol = 1e-14)$root)

# Trials crossed with images: the mean squares of a two-way analysis of variance, from which components, and Satterthwaite's
# degrees of a sum of independent mean squares.
crossed <- read.csv(file.path(folder, "crossed.csv"))
parts <- lapply(split(crossed, crossed$scenario), function(s) {
  table <- summary(aov(y ~ factor(trial) + factor(image), s))[[1]]
  n <- length(unique(s$trial))
  size <- nrow(s)
  list(mean = mean(s$y), n = n, trials = table[1, "Mean Sq"] / size, residual = table[3, "Mean Sq"] / size,
       images = table[2, "Mean Sq"] / size, by_image = tapply(s$y, s$image, mean))
})
combined <- function(weights) {
  value <- sum(sapply(seq_along(weights), function(i) weights[i] * parts[[i]]$mean))
  of <- function(what) sum(sapply(seq_along(weights), function(i) weights[i]^2 * parts[[i]][[what]]))
  fourth <- sum(sapply(seq_along(weights), function(i) (weights[i]^2 * parts[[i]]$trials)^2 / (parts[[i]]$n - 1)))
  by_image <- Reduce(`+`, lapply(seq_along(weights), function(i) weights[i] * parts[[i]]$by_image))
  images <- var(as.vector(by_image)) / length(by_image)
  if (sum(weights != 0) == 1) stopifnot(all.equal(images, sum(weights^2 * sapply(parts, `[[`, "images"))))
  both <- of("trials") + images - of("residual")
  freedom <- of("trials")^2 / fourth
  freedom_both <- both^2 / (fourth + images^2 / (length(by_image) - 1))
  c(value, of("trials"), freedom, both, freedom_both, value - qt(.975, freedom) * sqrt(of("trials")),
    value + qt(.975, freedom_both) * sqrt(both), 2 * pt(-abs(value) / sqrt(both), freedom_both))
}
out$crossed <- c(combined(c(1, 0)), combined(c(0, 1)), combined(c(1, -.5)))

# Trials drawn by a map: the intercept of w y against w - 1.
drawn <- read.csv(file.path(folder, "drawn.csv"))
line <- summary(lm(weight * value ~ I(weight - 1), drawn))$coefficients
out$drawn <- c(line[1, 1], line[1, 2]^2, line[2, 1])

group <- (seq_along(values) - 1) %/% 11 + 1
ranks <- kruskal.test(floor(values) + group / 2, group)
out$groups <- c(ranks$statistic, ranks$parameter, ranks$p.value)

table_of <- function(model) as.vector(t(summary(model)$coefficients))
names <- c("(Intercept)", "x1", "x2", "x3", "x4", "x1:x2", "x1:x3", "x1:x4", "x2:x3", "x2:x4", "x3:x4",
           "x1:x2:x3", "x1:x2:x4", "x1:x3:x4", "x2:x3:x4", "x1:x2:x3:x4")
fit <- function(data) lm(y ~ x1 * x2 * x3 * x4, data)
ordered <- function(model) {
  table <- summary(model)$coefficients
  stopifnot(setequal(rownames(table), names))
  as.vector(t(cbind(table, sqrt(diag(robust(model))))[names, ]))
}
# White's covariance with the degrees of freedom of the fit (HC1).
robust <- function(model) {
  x <- model.matrix(model)
  inverse <- solve(crossprod(x))
  n <- nrow(x)
  inverse %*% crossprod(x * residuals(model)) %*% inverse * n / (n - ncol(x))
}

trials <- fit(cells)
out$trials <- c(ordered(trials), summary(trials)$r.squared, summary(trials)$adj.r.squared, sigma(trials))
saturated <- lm(y ~ factor(cell), cells)
lack <- anova(trials, saturated)
out$lack <- c(lack$F[2], lack[["Pr(>F)"]][2])

# Beside a published fit of two decimals.
published <- read.csv(file.path(folder, "published.csv"))
coefficients <- summary(trials)$coefficients[names, ]
printed <- published$error > .095
ratios <- log(published$error / coefficients[, 2])[printed]
ratio <- exp(mean(ratios))
errors <- ifelse(printed, published$error, ratio * coefficients[, 2])
rounding <- .01^2 / 12
difference <- coefficients[, 1] - published$estimate
deviations <- difference / sqrt(errors^2 + rounding)
joint <- function(covariance) {
  both <- covariance[names, names] * (1 + ratio^2) + diag(rounding, 16)
  value <- drop(difference %*% solve(both, difference))
  c(value, pchisq(value, 16, lower.tail = FALSE))
}
first <- !duplicated(cells$cell)
x <- model.matrix(trials)[first, names]
apart <- drop(x %*% difference)
out$comparison <- c(deviations, ratio, sqrt(mean((ratios - mean(ratios))^2)), sqrt(mean(deviations^2)), sqrt(mean(apart^2)),
                    apart[which.max(abs(apart))], which.max(abs(apart)) - 1, sqrt(mean(rowSums(x^2)) * rounding),
                    joint(vcov(trials)), joint(robust(trials)))

means <- aggregate(cells[c("x1", "x2", "x3", "x4", "y")], list(cell = cells$cell), mean)
model <- fit(means)
out$means <- c(ordered(model), summary(model)$r.squared, summary(model)$adj.r.squared, sigma(model))
out$fitted <- fitted(model)
e <- residuals(model)
jarque <- length(e) / 6 * ((mean(e^3) / mean(e^2)^1.5)^2 + (mean(e^4) / mean(e^2)^2 - 3)^2 / 4)
squared <- means
squared$y <- e^2
pagan <- length(e) * summary(fit(squared))$r.squared
out$diagnostics <- c(max(abs(rstandard(model))), which.max(abs(rstandard(model))) - 1,
                     max(cooks.distance(model)), which.max(cooks.distance(model)) - 1,
                     jarque, pchisq(jarque, 2, lower.tail = FALSE),
                     pagan, pchisq(pagan, 15, lower.tail = FALSE))

cat("{", paste(sprintf("\"%s\":%s", names(out), sapply(out, numbers)), collapse = ","), "}\n")
