// What trials that are drawn by a map say of plain ones: each stands for as many as its weight, which is
// 1 on average. Docs: docs/statistics.md.
#pragma once

#include <span>

#include "analysis/intervals.hpp"

namespace fluence {

/// An estimate of a mean over plain trials.
struct WeightedMean {
  double mean = 0;
  double variance = 0;  ///< of it; 0 where there are too few trials to tell
  double plain = 0;     ///< variance of a plain trial's value, estimated
  double slope = 0;     ///< by which the luck of the weights is taken back
};

/// Mean of the values times their weights, corrected by what the weights' own mean, which is known to be
/// 1, is off: the regression estimate (Cochran 1977, chapter 7; as a control variate Hesterberg 1995),
/// which is the intercept of a straight line through values times weights against weights less 1. So
/// what is as rare as it is important is exact, what is in every trial, too, and means of parts add up
/// to that of the whole. Of weights that are all 1 it is the sample's mean. `values`, `weights`:
/// [trial], at least one.
WeightedMean weighted_mean(std::span<const double> values, std::span<const double> weights);

/// What is taken from each image's mean of values times weights, and added to the sum of their squares
/// over trials and images, where `values` are means over so many images.
struct Correction {
  double mean = 0;
  double squares = 0;
};
Correction correction(const WeightedMean& mean, std::span<const double> values,
                      std::span<const double> weights, int images);

/// Ends of the values, and quantiles: the least value up to which so much of the weights lies. Mean, its
/// interval and the deviation of plain values are by `mean`.
Distribution describe(std::span<const double> values, std::span<const double> weights,
                      const WeightedMean& mean);

/// A share and its interval, Wilson's on as many independent images as would have its variance, which
/// may be more than there are. A share of 0 or 1, or one that shows no spread, rests on Kish's number of
/// trials, (sum w)^2 / sum w^2.
Share weighted_share(const WeightedMean& mean, int images, std::span<const double> weights);

}  // namespace fluence
