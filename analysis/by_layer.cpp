#include "analysis/by_layer.hpp"

#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace fluence {

std::vector<LayerTable> layer_tables(const CampaignStatistics& campaign) {
  using Place = std::tuple<std::string, std::string, std::string>;
  using Row = std::map<int, const ScenarioStatistics*>;
  std::map<Place, std::map<std::pair<std::string, std::string>, Row>> found;  // by mode and upsets
  std::map<Place, std::set<int>> layers;
  for (const auto& s : campaign.scenarios) {
    if (s.layer) {
      const Place place{s.tally.network, s.tally.spaces, s.group};
      found[place][{s.tally.mode, s.tally.amount()}].emplace(*s.layer, &s);
      layers[place].insert(*s.layer);
    }
  }
  std::vector<LayerTable> tables;
  for (const auto& [place, rows] : found) {
    auto& table = tables.emplace_back();
    std::tie(table.network, table.space, table.group) = place;
    table.layers.assign(layers[place].begin(), layers[place].end());
    for (const auto& [condition, row] : rows) {
      if (row.size() < table.layers.size()) {
        table.left_out += static_cast<int>(row.size());
        continue;
      }
      auto& scenarios = table.rows.emplace_back();
      for (const auto& [layer, scenario] : row) {
        scenarios.push_back(scenario);
      }
    }
  }
  return tables;
}

std::vector<Part> layer_parts(const LayerTable& table, std::size_t layer,
                              CrossedMean ScenarioStatistics::*which, double weight) {
  std::vector<Part> parts;
  for (const auto& row : table.rows) {
    parts.push_back({&(row[layer]->*which), weight / static_cast<double>(table.rows.size())});
  }
  return parts;
}

}  // namespace fluence
