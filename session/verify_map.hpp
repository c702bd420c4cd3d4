// A sample of a complete map's faults, run as trials on both engines and compared with what the map
// says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/agreement.hpp"
#include "map/buffer_results.hpp"
#include "map/results.hpp"
#include "session/session.hpp"
#include "session/verify.hpp"

namespace fluence {

/// A fault drawn from a map, and what the map says of it.
struct DrawnFault {
  Fault fault;
  std::size_t region = 0;      ///< of the map's layout
  MapCounts counts;            ///< over the images that the map holds
  std::optional<int> image{};  ///< the one that they are of; none: any
};

/// Some of the faults of a map of either kind.
struct MapSample {
  const Topology* net = nullptr;
  int images = 0;           ///< of a run
  std::vector<int> judged;  ///< those that the map holds
  std::vector<std::pair<Space, int>> regions;
  std::vector<Fault> given;  ///< that are there in all runs
  std::vector<DrawnFault> faults;
};

/// The inputs that a map was made with. `images_left`: of the map; `params`, `images`: empty: the
/// embedded ones. Throws InputError if `folder`'s map rests on others, or on another schedule, or is not
/// finished.
Session open_map_inputs(const MapScope& scope, const Manifest& manifest, std::size_t images_left,
                        const std::string& folder, const std::string& params, const std::string& images);

/// So many faults of the map's layout, ascending, each in force from image 0. Throws InputError if it
/// holds fewer.
MapSample draw_faults(const MapResults& map, int count, std::uint64_t seed, const std::string& folder);

/// So many bits, as many of each space and layer as of another if it has them, each inverted in a cycle
/// of one of the spans between which its consequence changes; all spans of a bit are as likely. Throws
/// InputError if the map holds fewer, or if its files are damaged.
MapSample draw_faults(const BufferMap& map, int count, std::uint64_t seed, const std::string& folder);

/// What a journal knows the faults by.
std::vector<std::string> asked(const MapSample& sample);

/// Runs each fault on the map's images by both engines: every score must be equal, and the counts by the
/// RTL's scores those of the map.
Comparisons run_both(const MapSample& sample, const Session& session, const VerifyPlan& plan);

/// What was compared of a space and layer.
struct ComparedRegion {
  int faults = 0, equal = 0;
};
struct VerifiedMap {
  std::vector<ComparedRegion> regions;  ///< [region of the sample]
  Agreement agreement;
};
VerifiedMap add_up(const MapSample& sample, const Comparisons& compared, std::uint64_t seed);

}  // namespace fluence
