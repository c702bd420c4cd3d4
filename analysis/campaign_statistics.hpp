// A campaign's results as statistics: what tables and figures are made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/aggregate.hpp"
#include "analysis/crossed_mean.hpp"
#include "analysis/intervals.hpp"
#include "campaign/store.hpp"

namespace fluence {

/// A scenario with at least one finished trial. Accuracies and losses in per cent of a trial's images;
/// shares from 0 to 1.
struct ScenarioStatistics {
  int id = 0;
  ScenarioTally tally;
  std::string group;         ///< as in `Summary`
  int quantisation = 0;      ///< bits of the network's weights
  std::optional<int> layer;  ///< of a scenario within one layer
  double fault_free = 0;
  Distribution accuracy;
  int worst_trial = 0;  ///< the first with the least accuracy
  Share masked, tolerable, critical, hang;
  CrossedMean accuracy_mean, loss_mean, critical_mean;  ///< of `accuracy`, `loss()`, critical images
  CrossedMean hang_mean;                                ///< without what was done to each image
  std::optional<Interval> critical_images;  ///< of `critical`'s share, with other images like these
  /// Share of trials whose accuracy is within the tolerance of the fault-free one, either way.
  double tolerant = 0;
  std::optional<Interval> tolerant_interval;  ///< Wilson's, a trial is a draw; none below kLeastTrials
  /// Of a scenario whose trials are drawn in common with other hardwares': those with the same key.
  std::optional<std::uint64_t> common_key;
  std::optional<Target> target;           ///< of a scenario that ends when it is met
  int at_most = 0;                        ///< as in `Summary`
  std::vector<double> recorded;           ///< accuracies measured elsewhere
  std::vector<double> recorded_quantile;  ///< share of our trials at or below each

  double variance_of_mean = 0;  ///< of `accuracy`; 0 of a single trial, from which none is known
  /// How many plain trials would tell as much as one that is drawn by a map, of the share of critical
  /// images and of the loss; none where trials are plain or nothing can be said.
  std::optional<double> worth_critical, worth_loss;

  [[nodiscard]] double loss() const { return fault_free - accuracy.mean; }
  [[nodiscard]] double worst_loss() const { return fault_free - accuracy.least; }
};

struct CampaignStatistics {
  Manifest manifest;
  std::vector<Summary> summaries;  ///< of every scenario
  std::vector<ScenarioStatistics> scenarios;
};

/// Reads a campaign, finished or not. `tolerance` in points of accuracy. Throws InputError if the
/// results cannot be read.
CampaignStatistics read_campaign(Store& store, double tolerance);

}  // namespace fluence
