// Metrics of functional safety from classed trials, with intervals that count a trial as one draw. Docs:
// docs/evidence.md.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "analysis/intervals.hpp"
#include "evidence/detection.hpp"

namespace fluence {

using ClassCounts = std::array<std::int64_t, kSafetyClasses>;

/// The classed trials of a scenario.
struct ClassedScenario {
  std::vector<ClassCounts> trials;       ///< [trial] images of each class
  std::vector<ClassCounts> images;       ///< [image] trials of each class, as in ClassedTrial::of
  std::vector<std::uint64_t> latencies;  ///< of dangerous trials that are noticed, ascending
  int unnoticed = 0;                     ///< dangerous trials that are not

  void add(const ClassedTrial& trial);
  [[nodiscard]] ClassCounts totals() const;
};

/// Shares of images, each of images from the first fault of their trial on. ISO 26262-5 annex C, IEC
/// 61508-4.
enum class Metric : std::uint8_t {
  coverage,      ///< diagnostic coverage: detected of dangerous
  single_point,  ///< SPFM: all but dangerous undetected
  latent,        ///< LFM: of these, all but latent
  safe_failure   ///< SFF: of those with an effect, all but dangerous undetected
};
inline constexpr std::array kMetrics = {Metric::coverage, Metric::single_point, Metric::latent,
                                        Metric::safe_failure};
/// "DC", "SPFM", "LFM", "SFF".
std::string_view to_string(Metric metric);

struct MetricValue {
  double value = 0;
  /// Other faults, and other faults and images like these; none of too few trials, or where what became
  /// of each image is not known.
  std::optional<Interval> faults, images;
};

/// A scenario as a part of a whole, by how often its faults come: any unit.
struct WeightedScenario {
  const ClassedScenario* scenario = nullptr;
  double weight = 1;
};
/// A ratio of sums over scenarios, each by the shares of its images; its intervals are Wilson's on the
/// variance of the linearised ratio (Woodruff 1971). Nothing if no image is of the kind that is asked
/// about.
std::optional<MetricValue> metric(Metric metric, std::span<const WeightedScenario> strata);

}  // namespace fluence
