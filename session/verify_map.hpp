// A sample of a complete map's faults, run as trials on both engines and compared with what the map
// says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "analysis/agreement.hpp"
#include "map/results.hpp"
#include "session/session.hpp"
#include "session/verify.hpp"

namespace fluence {

/// The inputs that a map was made with. `params`, `images`: empty: the embedded ones. Throws InputError
/// if `folder`'s map rests on others, or is not finished.
Session open_map_inputs(const MapResults& map, const std::string& folder, const std::string& params,
                        const std::string& images);

/// So many faults of the map's layout, ascending. Throws InputError if it holds fewer.
std::vector<std::size_t> draw_faults(const MapResults& map, int count, std::uint64_t seed,
                                     const std::string& folder);

/// What a journal knows the faults by.
std::vector<std::string> asked(const MapResults& map, const std::vector<std::size_t>& faults);

/// Runs each fault, in force from image 0, on the map's images by both engines: every score must be
/// equal, and the counts by the RTL's scores those of the map.
Comparisons run_both(const MapResults& map, const std::vector<std::size_t>& faults,
                     const Session& session, const VerifyPlan& plan);

/// What was compared of a space and layer.
struct ComparedRegion {
  int faults = 0, equal = 0;
};
struct VerifiedMap {
  std::vector<ComparedRegion> regions;  ///< [region of the layout]
  Agreement agreement;
};
VerifiedMap add_up(const MapResults& map, const std::vector<std::size_t>& faults,
                   const Comparisons& compared, std::uint64_t seed);

}  // namespace fluence
