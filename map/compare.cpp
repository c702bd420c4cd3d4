#include "map/compare.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace fluence {
namespace {

void require_finished(const MapResults& map, const std::string& folder) {
  if (map.images_done() != map.request().images) {
    throw InputError(fmt::format(
        "the map in {} has {} of its {} images: finish it with the command that began it, or merge its "
        "shards",
        folder, map.images_done(), map.request().images));
  }
}

}  // namespace

std::vector<MapComparison> compare_maps(const MapResults& before, const MapResults& now,
                                        const std::string& before_folder,
                                        const std::string& now_folder) {
  require_finished(before, before_folder);
  require_finished(now, now_folder);
  for (const std::string key : {"network", "mode", "spaces", "layers", "count", "images"}) {
    const auto one = before.manifest().find(key);
    const auto other = now.manifest().find(key);
    if (one == before.manifest().end() || other == now.manifest().end() ||
        one->second != other->second) {
      throw InputError("the maps in " + before_folder + " and " + now_folder +
                       " cannot be compared (their " + key +
                       " differ): name maps of the same faults on the same images");
    }
  }
  const auto totals = map_totals(before);
  const auto totals_now = map_totals(now);
  std::vector<MapComparison> comparisons;
  for (std::size_t i = 0; i < totals.size(); ++i) {
    MapComparison one{totals[i], totals_now[i]};
    const auto& region = before.layout().regions()[i];
    for (auto number = region.first; number < region.first + region.size(); ++number) {
      const auto& a = before.counts()[number];
      const auto& b = now.counts()[number];
      one.changed += a == b ? 0 : 1;
      one.more_critical += b.critical() > a.critical() ? 1 : 0;
      one.less_critical += b.critical() < a.critical() ? 1 : 0;
    }
    comparisons.push_back(one);
  }
  return comparisons;
}

std::string comparison_text(const std::vector<MapComparison>& comparisons) {
  auto text = fmt::format("{:<10} {:>5} {:>9} {:>19} {:>19} {:>9} {:>9} {:>9}\n", "", "", "", "% AVF",
                          "% critical", "other", "more", "less");
  text += fmt::format("{:<10} {:>5} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}\n", "space", "layer",
                      "faults", "before", "now", "before", "now", "counts", "critical", "critical");
  for (const auto& c : comparisons) {
    text += fmt::format("{:<10} {:>5} {:>9} {:>9.5f} {:>9.5f} {:>9.5f} {:>9.5f} {:>9} {:>9} {:>9}{}\n",
                        to_string(c.before.space), c.before.layer, c.before.faults, 100 * c.before.avf(),
                        100 * c.now.avf(), 100 * c.before.critical_share(), 100 * c.now.critical_share(),
                        c.changed, c.more_critical, c.less_critical, c.regressed() ? "  regressed" : "");
  }
  return text;
}

nlohmann::ordered_json comparison_json(const std::vector<MapComparison>& comparisons) {
  auto rows = nlohmann::ordered_json::array();
  for (const auto& c : comparisons) {
    rows.push_back({{"space", to_string(c.before.space)},
                    {"layer", c.before.layer},
                    {"faults", c.before.faults},
                    {"avf_before", c.before.avf()},
                    {"avf_now", c.now.avf()},
                    {"critical_share_before", c.before.critical_share()},
                    {"critical_share_now", c.now.critical_share()},
                    {"changed", c.changed},
                    {"more_critical", c.more_critical},
                    {"less_critical", c.less_critical},
                    {"regressed", c.regressed()}});
  }
  return rows;
}

}  // namespace fluence
