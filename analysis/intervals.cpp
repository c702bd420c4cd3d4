#include "analysis/intervals.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "base/probability.hpp"

namespace fluence {

double quantile(std::span<const double> sorted, double p) {
  assert(!sorted.empty() && p >= 0 && p <= 1);
  const double at = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], at - static_cast<double>(below));
}

double student(double confidence, double freedom) {
  return student_quantile((1 + confidence) / 2, freedom);
}

double normal(double confidence) { return normal_quantile((1 + confidence) / 2); }

double student_p(double t, double freedom) { return 2 * student_tail(std::abs(t), freedom); }

Distribution describe(std::vector<double> values, double confidence) {
  assert(!values.empty());
  std::ranges::sort(values);
  const auto n = static_cast<double>(values.size());
  Distribution d;
  d.count = static_cast<int>(values.size());
  d.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  d.least = values.front();
  d.q05 = quantile(values, 0.05);
  d.q25 = quantile(values, 0.25);
  d.median = quantile(values, 0.5);
  d.q75 = quantile(values, 0.75);
  d.q95 = quantile(values, 0.95);
  d.most = values.back();
  if (d.count > 1) {
    double squares = 0;
    for (const double v : values) {
      squares += (v - d.mean) * (v - d.mean);
    }
    d.deviation = std::sqrt(squares / (n - 1));
  }
  if (d.count >= kLeastTrials) {
    const double half = student(confidence, n - 1) * *d.deviation / std::sqrt(n);
    d.interval = {d.mean - half, d.mean + half};
  }
  return d;
}

Interval wilson(double share, double n, double quantile) {
  assert(n > 0 && share >= 0 && share <= 1);
  const double z = quantile;
  const double scale = 1 / (1 + z * z / n);
  const double centre = (share + z * z / (2 * n)) * scale;
  const double half = z * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n)) * scale;
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

Share clustered_share(std::span<const int> counts, int images, double confidence) {
  assert(!counts.empty() && images > 0);
  const auto n = static_cast<double>(counts.size());
  const double m = images;
  Share result;
  result.share = static_cast<double>(std::accumulate(counts.begin(), counts.end(), 0LL)) / (n * m);
  const double p = result.share;
  result.design_effect = m;
  if (counts.size() > 1 && p > 0 && p < 1) {
    double squares = 0;
    for (const int count : counts) {
      squares += (count / m - p) * (count / m - p);
    }
    result.design_effect = std::clamp(squares / (n - 1) * m / (p * (1 - p)), 1.0, m);
  }
  result.effective = n * m / result.design_effect;
  if (std::ssize(counts) >= kLeastTrials) {
    result.interval = wilson(p, result.effective, student(confidence, n - 1));
  }
  return result;
}

double entropy(double p) {
  const auto part = [](double q) { return q > 0 ? -q * std::log2(q) : 0.0; };
  return part(p) + part(1 - p);
}

}  // namespace fluence
