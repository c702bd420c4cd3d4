#include "analysis/weighted.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <functional>
#include <numeric>

namespace fluence {
namespace {

constexpr double kRounding = 1e-24;

double sum(std::span<const double> values) { return std::accumulate(values.begin(), values.end(), 0.0); }

double average(std::span<const double> values) {
  return sum(values) / static_cast<double>(values.size());
}

}  // namespace

WeightedMean weighted_mean(std::span<const double> values, std::span<const double> weights) {
  assert(!values.empty() && values.size() == weights.size());
  std::vector<double> weighted(values.size());
  std::ranges::transform(values, weights, weighted.begin(), std::multiplies());
  const double of_weighted = average(weighted);
  const double of_weights = average(weights);
  double together = 0;
  double squares = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double off = weights[i] - of_weights;
    together += (weighted[i] - of_weighted) * off;
    squares += off * off;
  }
  WeightedMean result;
  result.slope = squares > 0 ? together / squares : 0;
  result.mean = of_weighted - result.slope * (of_weights - 1);
  double residuals = 0;
  double of_squares = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double residual = weighted[i] - of_weighted - result.slope * (weights[i] - of_weights);
    const double off = values[i] - result.mean;
    residuals += residual * residual;
    of_squares += weighted[i] * weighted[i];
    result.plain += weights[i] * off * off;
  }
  const auto n = static_cast<double>(values.size());
  result.plain /= n;
  // A straight line but for rounding shows no spread, as does one value.
  if (residuals < kRounding * of_squares) {
    residuals = 0;
  }
  const double freedom = n - (squares > 0 ? 2 : 1);  // the slope takes one
  const double luck = of_weights - 1;
  const double leverage = 1 / n + (squares > 0 ? luck * luck / squares : 0);
  result.variance = freedom > 0 ? residuals / freedom * leverage : 0;
  return result;
}

// Of an image y becomes w y - slope (w - 1).
Correction correction(const WeightedMean& mean, std::span<const double> values,
                      std::span<const double> weights, int images) {
  Correction result{mean.slope * (average(weights) - 1), 0};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double off = mean.slope * (weights[i] - 1);
    result.squares += images * off * (off - 2 * weights[i] * values[i]);
  }
  return result;
}

Distribution describe(std::span<const double> values, std::span<const double> weights,
                      const WeightedMean& mean) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return values[i]; });
  const double all = sum(weights);
  const auto quantile = [&](double p) {
    double below = 0;
    for (const auto i : order) {
      below += weights[i];
      if (below >= p * all) {
        return values[i];
      }
    }
    return values[order.back()];
  };
  Distribution d;
  d.count = static_cast<int>(values.size());
  d.mean = mean.mean;
  d.least = values[order.front()];
  d.q05 = quantile(0.05);
  d.q25 = quantile(0.25);
  d.median = quantile(0.5);
  d.q75 = quantile(0.75);
  d.q95 = quantile(0.95);
  d.most = values[order.back()];
  if (d.count > 1) {
    d.deviation = std::sqrt(mean.plain);
  }
  if (d.count >= kLeastTrials) {
    const double half = student(kConfidence, d.count - 1) * std::sqrt(mean.variance);
    d.interval = {d.mean - half, d.mean + half};
  }
  return d;
}

Share weighted_share(const WeightedMean& mean, int images, std::span<const double> weights) {
  double squares = 0;
  for (const double w : weights) {
    squares += w * w;
  }
  const auto n = static_cast<double>(weights.size());
  Share result;
  result.share = std::clamp(mean.mean, 0.0, 1.0);
  const double p = result.share;
  result.effective = mean.variance > 0 && p > 0 && p < 1 ? p * (1 - p) / mean.variance
                                                         : sum(weights) * sum(weights) / squares;
  result.design_effect = n * images / result.effective;
  if (std::ssize(weights) >= kLeastTrials) {
    result.interval = wilson(p, result.effective, student(kConfidence, n - 1));
  }
  return result;
}

}  // namespace fluence
