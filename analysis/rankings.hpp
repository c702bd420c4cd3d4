// What is vulnerable most: layers and bit positions by the images that change their class, with the loss
// of accuracy beside it, which right and wrong images that change cancel in. Docs: docs/statistics.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/campaign_statistics.hpp"

namespace fluence {

/// A number with its intervals; none of fewer than kLeastTrials trials.
struct Ranked {
  double value = 0;
  std::optional<Interval> faults;  ///< other faults, these images
  std::optional<Interval> images;  ///< other images like these too, where that is known
};

/// Trials that hit one place.
struct Rank {
  std::string network, space;
  std::string group;  ///< of layers, as in `Summary`
  int place = 0;      ///< layer, or bit position
  int trials = 0;
  Ranked critical;  ///< per cent of images
  Ranked loss;      ///< points of accuracy
  /// Of a layer: bits that a drawn burst of 8 flips there on average, as words may be narrower.
  double burst_bits = 0;
};

/// What was, or was not, ranked.
struct RankedPlaces {
  std::string network, space, group;
  int places = 0;
  /// Layers: scenarios that some layer has none like, and that are in no rank. Ranks are only from
  /// those that all have; if there are none, there is no rank.
  int left_out = 0;
  /// Bit positions: whether any differs from the others at all (kruskal_wallis of the critical images
  /// of single trials). Not told apart, their order is that of the positions.
  double p = 1;
  bool told_apart = true;
};

struct Ranking {
  std::vector<RankedPlaces> of;
  std::vector<Rank> ranks;  ///< the most vulnerable of each network, space and group first
};

/// Layers by the mean of their scenarios, which weigh alike. From scenarios within one layer only:
/// elsewhere a trial belongs to no layer.
Ranking rank_layers(const CampaignStatistics& campaign);

/// Bit positions likewise, from trials with a single one-bit upset only: what several upsets do does
/// not add up, so other trials cannot be shared out. Position within a weight (not within the word of
/// many weights), or within a threshold; those with fraction bits are a space of their own. Intervals
/// hold for all positions of a network and space at once (Bonferroni), and the test for all of those.
Ranking rank_bits(const CampaignStatistics& campaign, Store& store);

/// Bits that a burst flips on average, drawn uniformly over the bits of some spaces of a layer.
double burst_bits(const std::string& network, const std::string& spaces, int layer);

}  // namespace fluence
