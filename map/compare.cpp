#include "map/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <span>
#include <tuple>
#include <utility>

#include "base/error.hpp"
#include "map/buffer_summary.hpp"

namespace fluence {
namespace {

[[noreturn]] void refuse(const std::string& before_folder, const std::string& now_folder,
                         const std::string& what) {
  throw InputError("the maps in " + before_folder + " and " + now_folder +
                   " cannot be compared (their " + what +
                   " differ): name maps of the same faults on the same images");
}

// Finished, and of the same in all these keys of their manifests.
template <typename Map>
void require_comparable(const Map& before, const Map& now, const std::string& before_folder,
                        const std::string& now_folder, std::initializer_list<std::string> keys) {
  require_all_images(before.images_done(), before.request().images, before_folder);
  require_all_images(now.images_done(), now.request().images, now_folder);
  for (const auto& key : keys) {
    const auto one = before.manifest().find(key);
    const auto other = now.manifest().find(key);
    if (one == before.manifest().end() || other == now.manifest().end() ||
        one->second != other->second) {
      refuse(before_folder, now_folder, key);
    }
  }
}

bool is_critical(const BufferEntry& entry) { return entry.consequence > Consequence::tolerable; }

// Adds the cycles of a bit.
void compare_bit(std::span<const BufferEntry> before, std::span<const BufferEntry> now,
                 CycleRange cycles, MapComparison& to) {
  const auto one = whole_time(before, cycles);
  const auto other = whole_time(now, cycles);
  for (auto [a, b, from] = std::tuple(one.begin(), other.begin(), cycles.from); from < cycles.until;) {
    const auto until = std::min(a->span.until, b->span.until);
    const auto length = until - from;
    to.changed += a->consequence != b->consequence || a->image != b->image ? length : 0;
    to.more_critical += is_critical(*b) && !is_critical(*a) ? length : 0;
    to.less_critical += is_critical(*a) && !is_critical(*b) ? length : 0;
    a += a->span.until == until ? 1 : 0;
    b += b->span.until == until ? 1 : 0;
    from = until;
  }
}

}  // namespace

std::vector<MapComparison> compare_maps(const MapResults& before, const MapResults& now,
                                        const std::string& before_folder,
                                        const std::string& now_folder) {
  require_comparable(before, now, before_folder, now_folder,
                     {"network", "mode", "spaces", "layers", "count", "images"});
  if (before.request().given != now.request().given) {
    refuse(before_folder, now_folder, "given upsets");
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

std::vector<MapComparison> compare_maps(const BufferMap& before, const BufferMap& now,
                                        const std::string& before_folder,
                                        const std::string& now_folder) {
  require_comparable(before, now, before_folder, now_folder,
                     {"network", "spaces", "layers", "count", "images", "cycles"});
  const auto totals = buffer_totals(before);
  const auto totals_now = buffer_totals(now);
  std::vector<MapComparison> comparisons;
  for (std::size_t i = 0; i < totals.size(); ++i) {
    MapComparison one{totals[i], totals_now[i]};
    BufferBits a(before, before_folder, i);
    for (BufferBits b(now, now_folder, i); a.next() && b.next();) {
      compare_bit(a.entries(), b.entries(), before.request().cycles, one);
    }
    comparisons.push_back(one);
  }
  return comparisons;
}

std::vector<MapComparison> compare_maps(const std::string& before_folder,
                                        const std::string& now_folder) {
  if (has_buffer_map(before_folder) && has_buffer_map(now_folder)) {
    return compare_maps(BufferMap::load(before_folder), BufferMap::load(now_folder), before_folder,
                        now_folder);
  }
  for (const auto& [buffers, other] :
       {std::pair(&before_folder, &now_folder), std::pair(&now_folder, &before_folder)}) {
    if (has_buffer_map(*buffers) && has_map(*other)) {
      throw InputError("the map in " + *buffers + " is one of buffers and that in " + *other +
                       " is not: name two of one kind");
    }
  }
  return compare_maps(MapResults::load(before_folder), MapResults::load(now_folder), before_folder,
                      now_folder);
}

std::string comparison_text(const std::vector<MapComparison>& comparisons) {
  const bool buffers = !comparisons.empty() && is_buffer(comparisons.front().now.space);
  auto text = fmt::format("{:<11} {:>5} {:>9} {:>19} {:>19} {:>13} {:>13} {:>13}\n", "", "", "", "% AVF",
                          "% critical", buffers ? "bit-cycles" : "other", "more", "less");
  text += fmt::format("{:<11} {:>5} {:>9} {:>9} {:>9} {:>9} {:>9} {:>13} {:>13} {:>13}\n", "space",
                      "layer", buffers ? "bits" : "faults", "before", "now", "before", "now",
                      buffers ? "changed" : "counts", "critical", "critical");
  for (const auto& c : comparisons) {
    text +=
        fmt::format("{:<11} {:>5} {:>9} {:>9.5f} {:>9.5f} {:>9.5f} {:>9.5f} {:>13} {:>13} {:>13}{}\n",
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
