// Scenarios within one layer, side by side. Layers are compared over the scenarios that all of them
// have: with others too, a layer would look vulnerable for the upsets that only it was given.
#pragma once

#include <string>
#include <vector>

#include "analysis/campaign_statistics.hpp"

namespace fluence {

/// Of one network and space.
struct LayerTable {
  std::string group;  ///< as in `Summary`
  std::string network, space;
  std::vector<int> layers;  ///< of which there are scenarios, ascending
  /// [row][layer, in that order]: in a row, scenarios that differ in the layer alone.
  std::vector<std::vector<const ScenarioStatistics*>> rows;
  int left_out = 0;  ///< scenarios of which some layer has none alike
};

std::vector<LayerTable> layer_tables(const CampaignStatistics& campaign);

/// The mean over a table's rows of one layer's scenarios; `which` of their means.
std::vector<Part> layer_parts(const LayerTable& table, std::size_t layer,
                              CrossedMean ScenarioStatistics::*which, double weight = 1);

}  // namespace fluence
