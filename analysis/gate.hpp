// Has a network's resilience changed? A campaign against a baseline, scenario by scenario. Docs:
// docs/gate.md.
//
// Compared is the mean loss: the points of accuracy that a trial loses against the fault-free run of its
// own campaign. The trial is the unit: images under one fault are correlated, trials are drawn
// independently.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "campaign/store.hpp"

namespace fluence {

/// With fewer trials of a scenario their spread says too little to be tested with.
inline constexpr int kLeastGateTrials = 5;

/// The trials of a scenario.
struct GateSample {
  std::string scenario;        ///< engine and everything that trials are drawn by, as text
  int images = 0;              ///< a trial
  int fault_free = 0;          ///< correct images of the fault-free run
  std::vector<int> correct{};  ///< [trial] correct images; at least kLeastGateTrials
  /// [trial] of those that are drawn by a map, see analysis/weighted.hpp; empty: all are 1.
  std::vector<double> weight{};

  [[nodiscard]] double fault_free_accuracy() const;  ///< per cent
  [[nodiscard]] double accuracy() const;             ///< mean under faults, per cent
  [[nodiscard]] double loss() const;                 ///< mean, points
  [[nodiscard]] double variance() const;             ///< of a trial's loss (n - 1), points squared
};

struct GateBaseline {
  std::string name;    ///< the campaign's
  std::string images;  ///< digest of the images, or of those of each network
  std::string seed;    ///< of the draws: trials of equal seeds and scenarios have the same faults
  std::vector<GateSample> samples;

  /// Of a complete campaign. Throws InputError if it is unfinished or has scenarios of too few trials.
  static GateBaseline of(Store& store, const std::filesystem::path& folder);
  /// From `text()`; `file` is what errors call it. Throws InputError if it is no baseline.
  static GateBaseline parse(std::string_view text, const std::filesystem::path& file);
  [[nodiscard]] std::string text() const;  ///< JSON
};

enum class GateVerdict { no_difference, improved, regressed };
std::string_view to_string(GateVerdict verdict);

struct GateOptions {
  double level = 0.05;  ///< chance of any wrong verdict in a campaign, at most
  /// Points of loss; a change that is not larger does not matter. Nor is a smaller one told from the
  /// luck of these images: see docs/gate.md.
  double margin = 1;
};

struct Comparison {
  std::string scenario;
  double fault_free_before = 0, fault_free_now = 0;  ///< accuracy, per cent
  double accuracy_before = 0, accuracy_now = 0;      ///< mean under faults, per cent
  double before = 0, now = 0;                        ///< mean loss, points
  bool paired = false;                               ///< trial by trial, with the same faults
  double half_width = 0;  ///< of the interval of now - before at 1 - level, for this scenario alone
  double p = 1;           ///< two-sided
  double adjusted = 1;    ///< p after Holm's correction over all scenarios
  GateVerdict verdict = GateVerdict::no_difference;
};

/// Where seed and number of trials are equal, so that trial i has the same faults in both, the paired t
/// test; else Welch's (Biometrika 34, 1947). Against the nearer end of [-margin, margin], p doubled;
/// Holm's correction (Scand. J. Stat. 6, 1979). No variance is taken for smaller than if one trial had
/// one image more than all others. Throws InputError unless both are over the same scenarios and images.
std::vector<Comparison> compare(const GateBaseline& before, const GateBaseline& now,
                                const GateOptions& options);

/// p values after Holm's correction, in their order.
std::vector<double> holm(const std::vector<double>& p);

/// A line for each scenario and one that sums up.
std::string gate_table(const std::vector<Comparison>& comparisons, const GateOptions& options);
/// JUnit's XML: a test case for each scenario, a failure for each that regressed.
std::string gate_junit(const std::vector<Comparison>& comparisons, const std::string& name);

}  // namespace fluence
