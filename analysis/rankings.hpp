// What is vulnerable most: layers and bit positions by mean loss, in points of accuracy below the
// fault-free one. Docs: docs/statistics.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/campaign_statistics.hpp"

namespace fluence {

/// Mean loss of trials that hit one place.
struct Rank {
  std::string network, space;
  int place = 0;  ///< layer, or bit position
  int trials = 0;
  double loss = 0;
  std::optional<Interval> interval;  ///< Student's t; none of fewer than kLeastTrials trials
};

/// Layers by the mean loss of their scenarios, which weigh alike; the most vulnerable of each network
/// and space first. From scenarios within one layer only: elsewhere a trial's loss belongs to no layer.
std::vector<Rank> rank_layers(const CampaignStatistics& campaign);

/// Bit positions likewise, from trials with a single one-bit upset only: losses of several upsets do not
/// add up, so those of other trials cannot be shared out. Position within a weight (not within the word
/// of many weights), or within a threshold; those with fraction bits are a space of their own.
std::vector<Rank> rank_bits(const CampaignStatistics& campaign, Store& store);

}  // namespace fluence
