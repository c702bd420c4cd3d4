#include "evidence/metrics.hpp"

#include <algorithm>
#include <cmath>

#include "analysis/crossed_mean.hpp"

namespace fluence {
namespace {

// Which classes a ratio counts above and below.
struct Ratio {
  std::array<bool, kSafetyClasses> above{}, below{};
};

Ratio ratio_of(Metric metric) {
  Ratio ratio;
  for (std::size_t i = 0; i < kSafetyClasses; ++i) {
    const auto of = static_cast<SafetyClass>(i);
    const bool exposed = of != SafetyClass::fault_free;
    const bool undetected = of == SafetyClass::undetected;
    switch (metric) {
      case Metric::coverage: ratio.below[i] = of == SafetyClass::detected || undetected; break;
      case Metric::single_point: ratio.below[i] = exposed; break;
      case Metric::latent: ratio.below[i] = exposed && !undetected; break;
      case Metric::safe_failure:
        ratio.below[i] = of == SafetyClass::safe || of == SafetyClass::detected || undetected;
        break;
    }
    ratio.above[i] =
        ratio.below[i] && !undetected && !(metric == Metric::latent && of == SafetyClass::latent);
  }
  return ratio;
}

double sum(const ClassCounts& counts, const std::array<bool, kSafetyClasses>& which) {
  std::int64_t result = 0;
  for (std::size_t i = 0; i < kSafetyClasses; ++i) {
    result += which[i] ? counts[i] : 0;
  }
  return static_cast<double>(result);
}

double exposed(const ClassCounts& counts) {
  std::array<bool, kSafetyClasses> all{};
  all.fill(true);
  all[static_cast<std::size_t>(SafetyClass::fault_free)] = false;
  return sum(counts, all);
}

// What each image of a class adds to the error of a ratio, in units of its scenario's weight.
using Pulls = std::array<double, kSafetyClasses>;

double pull_of(const ClassCounts& counts, const Pulls& pulls) {
  double result = 0;
  for (std::size_t i = 0; i < kSafetyClasses; ++i) {
    result += static_cast<double>(counts[i]) * pulls[i];
  }
  return result;
}

// Of the images of a scenario, as trials crossed with images.
CrossedMean error_of(const ClassedScenario& scenario, const Pulls& pulls, bool by_image) {
  const auto n = static_cast<double>(scenario.trials.size());
  const auto m = static_cast<double>(scenario.images.size());
  double squares = 0;
  for (const auto& trial : scenario.trials) {
    squares += std::pow(pull_of(trial, pulls) / m, 2);
  }
  const double variance = n > 1 ? squares / (n - 1) / n : 0;  // the mean is 0
  std::vector<double> images;
  double all_squares = 0;
  if (by_image) {
    for (const auto& image : scenario.images) {
      images.push_back(pull_of(image, pulls) / n);
    }
    const auto totals = scenario.totals();
    for (std::size_t i = 0; i < kSafetyClasses; ++i) {
      all_squares += static_cast<double>(totals[i]) * pulls[i] * pulls[i];
    }
  }
  return crossed_mean(static_cast<int>(scenario.trials.size()), 0, variance, std::move(images),
                      all_squares);
}

Interval interval(double value, const Uncertainty& error, double clusters, double most) {
  const double effective =
      value == 0 || value == 1 || error.variance == 0 ? clusters : value * (1 - value) / error.variance;
  return wilson(value, std::min(effective, most),
                student(kConfidence, std::max(1.0, std::min(error.freedom, clusters - 1))));
}

}  // namespace

void ClassedScenario::add(const ClassedTrial& trial) {
  auto& counts = trials.emplace_back();
  for (std::size_t i = 0; i < kSafetyClasses; ++i) {
    counts[i] = trial.images[i];
  }
  images.resize(trial.of.size());
  for (std::size_t i = 0; i < images.size(); ++i) {
    ++images[i][static_cast<std::size_t>(trial.of[i])];
  }
  if (trial.latency) {
    latencies.insert(std::ranges::upper_bound(latencies, *trial.latency), *trial.latency);
  } else if (trial.count(SafetyClass::detected) + trial.count(SafetyClass::undetected) > 0) {
    ++unnoticed;
  }
}

ClassCounts ClassedScenario::totals() const {
  ClassCounts totals{};
  for (const auto& trial : trials) {
    for (std::size_t i = 0; i < kSafetyClasses; ++i) {
      totals[i] += trial[i];
    }
  }
  return totals;
}

std::string_view to_string(Metric metric) {
  switch (metric) {
    case Metric::coverage: return "DC";
    case Metric::single_point: return "SPFM";
    case Metric::latent: return "LFM";
    case Metric::safe_failure: break;
  }
  return "SFF";
}

std::optional<MetricValue> metric(Metric metric, std::span<const WeightedScenario> strata) {
  const auto ratio = ratio_of(metric);
  double above = 0, below = 0, most = 0;
  for (const auto& [scenario, weight] : strata) {
    const auto totals = scenario->totals();
    const double all = exposed(totals);
    if (all > 0) {
      above += weight * sum(totals, ratio.above) / all;
      below += weight * sum(totals, ratio.below) / all;
      most += sum(totals, ratio.below);
    }
  }
  if (below <= 0) {
    return std::nullopt;
  }
  MetricValue result{above / below, {}, {}};
  std::vector<CrossedMean> errors;
  std::vector<double> weights;
  double spread = 0;  // Kish's, of trials that say something
  double clusters = 0;
  double images = 0;
  for (const auto& [scenario, weight] : strata) {
    const auto totals = scenario->totals();
    const double all = exposed(totals);
    if (all <= 0) {
      continue;
    }
    const double a = sum(totals, ratio.above);
    const double b = sum(totals, ratio.below);
    Pulls pulls{};
    for (std::size_t i = 0; i < kSafetyClasses; ++i) {
      const bool counts = static_cast<SafetyClass>(i) != SafetyClass::fault_free;
      pulls[i] = (ratio.above[i] ? 1 : 0) - (ratio.below[i] ? result.value : 0) -
                 (counts ? (a - result.value * b) / all : 0);
    }
    const auto n = static_cast<double>(scenario->trials.size());
    const auto m = static_cast<double>(scenario->images.size());
    errors.push_back(error_of(*scenario, pulls, metric != Metric::safe_failure));
    weights.push_back(weight * n * m / (all * below));
    const auto saying = static_cast<double>(std::ranges::count_if(
        scenario->trials, [&](const auto& trial) { return sum(trial, ratio.below) > 0; }));
    const double share = weight * b / all / below;
    spread += saying > 0 ? share * share / saying : 0;
    clusters += saying;
    images = std::max(
        images, static_cast<double>(std::ranges::count_if(
                    scenario->images, [&](const auto& image) { return sum(image, ratio.below) > 0; })));
  }
  if (clusters < kLeastTrials) {
    return result;
  }
  std::vector<Part> parts;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    parts.push_back({&errors[i], weights[i]});
  }
  const auto estimated = estimate(parts);
  const double draws = 1 / spread;
  if (estimated.faults) {
    result.faults = interval(result.value, *estimated.faults, draws, most);
  }
  if (estimated.images) {
    result.images = interval(result.value, *estimated.images, 1 / (1 / draws + 1 / images), most);
  }
  return result;
}

}  // namespace fluence
