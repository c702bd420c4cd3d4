// What a map says: totals, tables, the curve of criticality, the worst bits.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "map/results.hpp"
#include "rtl/sites.hpp"

namespace fluence {

/// Of a part in all; of nothing 0.
double share_of(std::uint64_t part, std::uint64_t all);

/// Sums over the faults of a space and layer, in images; of a map of buffers over its bits, in
/// bit-cycles.
struct MapTotals {
  Space space{};
  int layer = 0;
  std::uint64_t faults = 0;  ///< of a map of buffers bits
  std::uint64_t masked = 0, tolerable = 0, right_to_wrong = 0, wrong_to_right = 0, wrong_to_wrong = 0;
  std::uint64_t never_critical = 0;  ///< faults; no map of buffers counts them
  std::uint64_t read = 0;            ///< of a map of buffers alone: what the next access reads

  [[nodiscard]] std::uint64_t critical() const {
    return right_to_wrong + wrong_to_right + wrong_to_wrong;
  }
  [[nodiscard]] std::uint64_t images() const { return masked + tolerable + critical(); }
  /// Share of (fault, image) pairs, or of bit-cycles, that are not masked.
  [[nodiscard]] double avf() const;
  [[nodiscard]] double critical_share() const;
  MapTotals& operator+=(const MapTotals& other);
};

/// In the order of the layout's regions.
std::vector<MapTotals> map_totals(const MapResults& map);
/// Those of a space added up, in the same order.
std::vector<MapTotals> space_totals(const std::vector<MapTotals>& totals);

/// One fault and how often it is critical.
struct RankedFault {
  std::size_t number = 0;      ///< in the layout; of a map of buffers that of a bit
  std::uint64_t critical = 0;  ///< in images; of a map of buffers in cycles
};
/// All faults, the most critical first, equal ones in the order of sites.
std::vector<RankedFault> ranked_faults(const MapResults& map);

/// "x % of the bits carry y % of the criticality": the share of all critical images that the first
/// `share` of the ranking carries; 0 if no image is critical.
double carried(const std::vector<RankedFault>& ranking, double share);

/// The curve at some shares.
nlohmann::ordered_json curve_json(const std::vector<RankedFault>& ranking);
/// The first of the ranking that are critical at all, by their sites.
nlohmann::ordered_json worst_json(const std::vector<RankedFault>& ranking, const SiteMap& sites,
                                  const std::function<Site(std::size_t number)>& site);

/// The file of --csv: a row for each fault, in the order of sites.
std::string map_csv(const MapResults& map);
/// The file of --totals: a row for each space and layer.
std::string map_totals_csv(const MapResults& map);
/// The printed table.
std::string map_text(const MapResults& map);
/// What the table says, and the ranking's head.
nlohmann::ordered_json map_json(const MapResults& map);
/// The same and, for the page's pictures, how often each fault is critical.
nlohmann::ordered_json map_page_data(const MapResults& map);

}  // namespace fluence
