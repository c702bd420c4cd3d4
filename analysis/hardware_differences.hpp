// What one hardware of a network does better than another at the same dose. Docs: docs/statistics.md.
#pragma once

#include <vector>

#include "analysis/campaign_statistics.hpp"
#include "analysis/crossed_mean.hpp"
#include "campaign/store.hpp"

namespace fluence {

/// Two scenarios that differ in nothing but the hardware. Estimates are of the second less the first, in
/// points: per cent of images.
struct HardwareDifference {
  const ScenarioStatistics* first = nullptr;
  const ScenarioStatistics* second = nullptr;
  /// Whether trials of one number were drawn in common. Then each estimate is of the differences of
  /// these trials, over the numbers that both have finished; else of both scenarios, which are
  /// independent.
  bool common = false;
  int pairs = 0;  ///< such trials, if drawn in common
  Estimate critical, accuracy;
  Estimate hang;  ///< of other images nothing is known
};

/// Every pair of hardwares of a network with the same engine, time, semantics, images, rule of outcomes,
/// mode, spaces, layers and dose, in the order of the campaign, which the result points into.
std::vector<HardwareDifference> hardware_differences(const CampaignStatistics& campaign, Store& store);

/// The interval of an estimate; none where no trial shows a difference, which is no certainty.
std::optional<Interval> interval_of(const std::optional<Uncertainty>& uncertainty, double value);

}  // namespace fluence
