// Tails and quantiles of the probability distributions that the statistics need. Boost.Math behind them
// takes long to compile, so it is in one place.
#pragma once

namespace fluence {

/// The value that the standard normal distribution is below with probability `p` in (0, 1).
double normal_quantile(double p);

/// The same of Student's t with `freedom` > 0 degrees, which need not be whole.
double student_quantile(double p, double freedom);

/// Probability that Student's t with `freedom` > 0 degrees is above `t`.
double student_tail(double t, double freedom);

/// Probability that chi squared with `freedom` > 0 degrees is above `value` >= 0.
double chi_squared_tail(double value, double freedom);

/// Probability that F with `numerator` and `denominator` degrees, both > 0, is above `value` >= 0.
double fisher_tail(double value, double numerator, double denominator);

}  // namespace fluence
