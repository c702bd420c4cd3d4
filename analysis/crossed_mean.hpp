// Means over trials and images, and how far other faults, or other faults and other images, would move
// them: a random-effects analysis of trials crossed with images. Docs: docs/statistics.md.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "analysis/intervals.hpp"

namespace fluence {

/// Of a scenario: y is a number for each trial and image, in points.
struct CrossedMean {
  int trials = 0;
  double mean = 0;
  double variance = 0;           ///< of the mean, over other faults on these images
  std::vector<double> by_image;  ///< [image] mean over trials; empty: unknown
  double residual = 0;  ///< the part of `variance` that is due to neither the trial nor the image alone
};

/// `squares`: sum of y^2 over all trials and images; mean and variance as in CrossedMean.
CrossedMean crossed_mean(int trials, double mean, double variance, std::vector<double> by_image,
                         double squares);

struct Uncertainty {
  double variance = 0;
  double freedom = 0;  ///< degrees for Student's t, by Satterthwaite
};

/// A weighted sum of scenarios' means.
struct Estimate {
  double value = 0;
  int trials = 0;
  /// None if one rests on fewer than kLeastTrials trials, or of `images` if what it did to each image is
  /// unknown.
  std::optional<Uncertainty> faults;  ///< other faults, these images
  std::optional<Uncertainty> images;  ///< other faults, other images like these

  [[nodiscard]] std::optional<Interval> faults_interval() const;
  [[nodiscard]] std::optional<Interval> images_interval() const;
};

struct Part {
  const CrossedMean* mean = nullptr;
  double weight = 1;
};

/// Trials of different scenarios are independent; images 0, 1, .. are the same in all of them. Each
/// scenario at most once.
Estimate estimate(std::span<const Part> parts);

/// Student's t around a value.
Interval around(double value, const Uncertainty& of, double confidence = kConfidence);
/// Two-sided p of the value being 0; 1 where there is no spread, which is no certainty.
double p_value(double value, const Uncertainty& of);

}  // namespace fluence
