#include "analysis/crossed_mean.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace fluence {
namespace {

// By Satterthwaite. A difference of mean squares can be nearly none of what they are, which leaves less
// than one degree and no quantile.
double freedom(double variance, double fourth) {
  return fourth > 0 ? std::max(1.0, variance * variance / fourth)
                    : std::numeric_limits<double>::infinity();
}

}  // namespace

CrossedMean crossed_mean(int trials, double mean, double variance, std::vector<double> by_image,
                         double squares) {
  const auto n = static_cast<double>(trials);
  const auto m = static_cast<double>(by_image.size());
  CrossedMean result{trials, mean, variance, std::move(by_image), 0};
  if (trials > 1 && m > 1) {
    double of_images = 0;
    for (const double y : result.by_image) {
      of_images += n * (y - mean) * (y - mean);
    }
    const double of_trials = variance * n * m * (n - 1);
    const double left = squares - n * m * mean * mean - of_images - of_trials;
    result.residual = std::max(0.0, left) / ((n - 1) * (m - 1)) / (n * m);
  }
  return result;
}

Estimate estimate(std::span<const Part> parts) {
  Estimate result;
  Uncertainty faults;
  double fourth = 0;
  double residual = 0;
  bool few = false;
  bool known = true;
  std::vector<double> shift;  // [image] of the value, by what is particular to the image
  for (const auto& [mean, weight] : parts) {
    result.value += weight * mean->mean;
    result.trials += mean->trials;
    few = few || mean->trials < kLeastTrials;
    known = known && mean->by_image.size() > 1;
    const double square = weight * weight;
    faults.variance += square * mean->variance;
    fourth += few ? 0 : square * square * mean->variance * mean->variance / (mean->trials - 1);
    residual += square * mean->residual;
    const auto& y = mean->by_image;
    shift.resize(std::max(shift.size(), y.size()));
    for (std::size_t i = 0; i < y.size(); ++i) {
      shift[i] += weight * (y[i] - mean->mean) / static_cast<double>(y.size());
    }
  }
  if (few || parts.empty()) {
    return result;
  }
  faults.freedom = freedom(faults.variance, fourth);
  result.faults = faults;
  if (known) {
    const auto m = static_cast<double>(shift.size());
    double of_images = 0;
    for (const double s : shift) {
      of_images += s * s * m / (m - 1);
    }
    // What trial and image do together is in both.
    const double more = of_images - residual;
    const double variance = faults.variance + more;
    result.images =
        more <= 0 ? faults
                  : Uncertainty{variance, freedom(variance, fourth + of_images * of_images / (m - 1))};
  }
  return result;
}

Interval around(double value, const Uncertainty& of, double confidence) {
  const double half = student(confidence, of.freedom) * std::sqrt(of.variance);
  return {value - half, value + half};
}

double p_value(double value, const Uncertainty& of) {
  return of.variance > 0 ? student_p(value / std::sqrt(of.variance), of.freedom) : 1;
}

std::optional<Interval> Estimate::faults_interval() const {
  return faults ? std::optional(around(value, *faults)) : std::nullopt;
}

std::optional<Interval> Estimate::images_interval() const {
  return images ? std::optional(around(value, *images)) : std::nullopt;
}

}  // namespace fluence
