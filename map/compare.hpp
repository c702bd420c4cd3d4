// Two maps side by side, fault by fault: no statistics, for nothing was sampled.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "map/summary.hpp"

namespace fluence {

/// A space and layer in two maps.
struct MapComparison {
  MapTotals before, now;
  std::uint64_t changed = 0;        ///< faults with other counts
  std::uint64_t more_critical = 0;  ///< of them, in more images
  std::uint64_t less_critical = 0;

  /// More (fault, image) pairs are critical.
  [[nodiscard]] bool regressed() const { return now.critical() > before.critical(); }
};

/// Throws InputError naming both folders unless they hold finished maps of the same faults (network,
/// mode, spaces, layers) on the same images.
std::vector<MapComparison> compare_maps(const MapResults& before, const MapResults& now,
                                        const std::string& before_folder, const std::string& now_folder);

std::string comparison_text(const std::vector<MapComparison>& comparisons);
/// An array of an object for each space and layer; keys: docs/command.md.
nlohmann::ordered_json comparison_json(const std::vector<MapComparison>& comparisons);

}  // namespace fluence
