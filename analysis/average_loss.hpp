// Mean loss over some scenarios.
#pragma once

#include <cmath>
#include <limits>
#include <optional>

#include "analysis/campaign_statistics.hpp"

namespace fluence {

/// A sum of independent estimates: its variance, and the degrees of freedom that it has for Student's t
/// by Welch and Satterthwaite.
struct Spread {
  double variance = 0;
  double fourth = 0;  ///< sum of each one's variance squared over its own degrees
  bool few = false;   ///< one rests on fewer than kLeastTrials trials

  /// `trials` whose mean has this variance.
  void add(double variance_of_mean, int trials) {
    variance += variance_of_mean;
    few = few || trials < kLeastTrials;
    fourth += few ? 0 : variance_of_mean * variance_of_mean / (trials - 1);
  }
  void add(const Spread& other, double scale = 1) {
    variance += other.variance * scale * scale;
    fourth += other.fourth * scale * scale * scale * scale;
    few = few || other.few;
  }
  /// Degrees of freedom; of no spread at all, endless.
  [[nodiscard]] double freedom() const {
    return fourth > 0 ? variance * variance / fourth : std::numeric_limits<double>::infinity();
  }
};

/// Student's t around the sum at kConfidence; none if it rests on too few trials.
inline std::optional<Interval> around(double value, const Spread& spread) {
  if (spread.few) {
    return std::nullopt;
  }
  const double half = student(kConfidence, spread.freedom()) * std::sqrt(spread.variance);
  return Interval{value - half, value + half};
}

/// Mean loss of some scenarios, which weigh alike.
struct AverageLoss {
  double loss = 0;  ///< sum
  int scenarios = 0;
  int trials = 0;
  Spread sum;

  void add(const ScenarioStatistics& s) {
    loss += s.loss();
    sum.add(s.variance_of_mean(), s.accuracy.count);
    ++scenarios;
    trials += s.accuracy.count;
  }
  [[nodiscard]] double mean() const { return loss / scenarios; }
  [[nodiscard]] Spread spread() const {
    Spread result;
    result.add(sum, 1.0 / scenarios);
    return result;
  }
};

}  // namespace fluence
