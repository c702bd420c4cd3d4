// A complete map from its request to its folder.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "campaign/progress.hpp"
#include "map/results.hpp"

namespace fluence {

struct MapOrder {
  MapRequest request;          ///< whose images are the session's, and the shard that of `shard`
  std::string out;             ///< folder of the map
  std::string params, images;  ///< empty: the embedded ones
  std::string shard;           ///< "i/n"; empty: all of it
  std::optional<int> count{};  ///< only the first images
  int jobs = 1;
  /// Gets a sentence that is no error.
  std::function<void(const std::string&)> warn{};
  ProgressSink progress{};
};

struct MapEnd {
  MapResults map;
  std::string folder;  ///< that it is in: of a shard one below `out`
  bool interrupted = false;
};

/// The folder of an order's map.
std::filesystem::path map_folder(const MapOrder& order);

/// Makes a map or resumes it; shows its progress, on stderr if nobody else is told. Throws InputError,
/// before anything is written, if the inputs, the memory or what is in the folder do not allow it.
MapEnd run_map(const MapOrder& order);

}  // namespace fluence
