// Mean loss over some scenarios.
#pragma once

#include <cmath>

#include "analysis/campaign_statistics.hpp"

namespace fluence {

/// Mean loss of some scenarios, which weigh alike, and the variance of that mean.
struct AverageLoss {
  double loss = 0, variance = 0;  ///< sums
  int scenarios = 0;
  int trials = 0;
  bool single = false;  ///< a scenario has one trial only, so its variance is not known

  void add(const ScenarioStatistics& s) {
    loss += s.loss();
    variance += s.variance_of_mean();
    ++scenarios;
    trials += s.accuracy.count;
    single = single || s.accuracy.count < 2;
  }
  [[nodiscard]] double mean() const { return loss / scenarios; }
  [[nodiscard]] double variance_of_mean() const { return variance / scenarios / scenarios; }
};

/// Normal, at kConfidence.
inline Interval around(double value, double variance) {
  const double half = normal(kConfidence) * std::sqrt(variance);
  return {value - half, value + half};
}

}  // namespace fluence
