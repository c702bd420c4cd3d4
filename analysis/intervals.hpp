// What a sample of trials says about all trials. Docs: docs/statistics.md.
//
// The trial is the unit: its images share their faults, so their outcomes are correlated, and a trial
// counts as one draw (a cluster of images), never as so many images.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace fluence {

inline constexpr double kConfidence = 0.95;

/// With fewer trials no interval is given: it would claim more than they carry (docs/statistics.md).
inline constexpr int kLeastTrials = 5;

struct Interval {
  double low = 0, high = 0;
};

/// One number a trial, over the trials; units are those of the values.
struct Distribution {
  int count = 0;
  double mean = 0;
  std::optional<double> deviation;  ///< of the sample (n - 1); none of a single value
  double least = 0, q05 = 0, q25 = 0, median = 0, q75 = 0, q95 = 0, most = 0;
  std::optional<Interval>
      interval;  ///< of the mean: Student's t with n - 1 degrees; none below kLeastTrials
};

/// At least one value, in any order.
Distribution describe(std::vector<double> values, double confidence = kConfidence);

/// Quantile `p` in [0, 1] of at least one value in ascending order: linear between order statistics
/// (Hyndman & Fan 1996, type 7).
double quantile(std::span<const double> sorted, double p);

/// Quantile of Student's t with `freedom` degrees that leaves (1 - confidence)/2 on each side.
double student(double confidence, double freedom);
/// The same of the normal distribution.
double normal(double confidence);
/// Two-sided p-value of a t statistic.
double student_p(double t, double freedom);

/// Wilson's score interval (1927) of a share seen in `n` draws, which need not be whole; `quantile` as
/// of the normal distribution where they are independent.
Interval wilson(double share, double n, double quantile = normal(kConfidence));

/// A share of images over trials that are clusters of images.
struct Share {
  double share = 0;
  double design_effect = 1;  ///< variance of the share over that of independent images; 1 to images
  double effective = 0;      ///< images that would say as much if they were independent
  /// Wilson's, on the effective number, with the quantile of Student's t with n - 1 degrees (Korn &
  /// Graubard 1998); none below kLeastTrials.
  std::optional<Interval> interval;
};

/// `counts`: images with the outcome in each of at least one trial, of `images` a trial. The design
/// effect (Kish 1965) is s^2/n over p(1 - p)/(n m), with s^2 the sample variance of the trials' shares;
/// it is kept within 1 and m, and is m (a trial is one draw) where the trials do not show it: p = 0, p =
/// 1 or one trial.
Share clustered_share(std::span<const int> counts, int images, double confidence = kConfidence);

/// Entropy of a yes-or-no variable in bits: H(p) = -p log2 p - (1 - p) log2(1 - p), 0 at p = 0 and 1.
double entropy(double p);

}  // namespace fluence
