// Two maps side by side, fault by fault: no statistics, for nothing was sampled.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "map/buffer_results.hpp"
#include "map/summary.hpp"

namespace fluence {

/// A space and layer in two maps.
struct MapComparison {
  MapTotals before, now;
  std::uint64_t changed = 0;  ///< faults with other counts; of maps of buffers, bit-cycles with another
                              ///< consequence or image
  std::uint64_t more_critical = 0;  ///< of them, in more images; bit-cycles that are critical now
  std::uint64_t less_critical = 0;

  /// More (fault, image) pairs, or bit-cycles, are critical.
  [[nodiscard]] bool regressed() const { return now.critical() > before.critical(); }
};

/// Throws InputError naming both folders unless they hold finished maps of the same faults (network,
/// mode, spaces, layers) on the same images.
std::vector<MapComparison> compare_maps(const MapResults& before, const MapResults& now,
                                        const std::string& before_folder, const std::string& now_folder);

/// The same of finished maps of buffers: of the same spaces and layers in the same cycles of a run of
/// the same images. Throws InputError likewise, and if files of the folders are damaged.
std::vector<MapComparison> compare_maps(const BufferMap& before, const BufferMap& now,
                                        const std::string& before_folder, const std::string& now_folder);

/// The maps of two folders. Throws InputError likewise, and if they are maps of different kinds.
std::vector<MapComparison> compare_maps(const std::string& before_folder, const std::string& now_folder);

std::string comparison_text(const std::vector<MapComparison>& comparisons);
/// An array of an object for each space and layer; keys: docs/command.md.
nlohmann::ordered_json comparison_json(const std::vector<MapComparison>& comparisons);

}  // namespace fluence
