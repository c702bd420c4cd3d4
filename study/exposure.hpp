// What equal numbers of upsets hide: a place with more bits is hit more often.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/campaign_statistics.hpp"
#include "study/published_study.hpp"

namespace fluence {

/// Critical images of two sides at an equal rate of upsets a bit, one over the other: each scenario's
/// share of critical images times the bits that its upsets fall on.
struct Exposure {
  std::string what;  ///< "cnvW1A1 over cnvW2A2, 1 seu"
  double ratio = 1;
  std::optional<Interval> interval;  ///< on other images like these
};

/// Of a statement that compares networks or spaces, from the scenarios with the fewest single-bit upsets
/// in the whole of a network's weights and of its thresholds: one over networks, or one for each
/// network. Empty if there are none, or no critical image on some side.
std::vector<Exposure> exposures(const CampaignStatistics& campaign, const PublishedStatement& published);

}  // namespace fluence
