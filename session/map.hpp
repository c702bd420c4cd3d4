// A complete map from its request to its folder.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "campaign/progress.hpp"
#include "map/results.hpp"

namespace fluence {

/// What maps of all kinds are made of, and where they go.
struct MapInputs {
  std::string out;             ///< folder of the map
  std::string params, images;  ///< empty: the embedded ones
  std::string shard;           ///< "i/n"; empty: all of it
  std::optional<int> count{};  ///< only the first images
  int jobs = 1;
  /// Gets a sentence that is no error.
  std::function<void(const std::string&)> warn{};
  ProgressSink progress{};

  /// The folder that the map, or its shard, is in.
  [[nodiscard]] std::filesystem::path folder() const;
  [[nodiscard]] Shard parsed_shard() const;
};

struct MapOrder : MapInputs {
  MapRequest request{};  ///< whose images are the session's, and the shard that of `shard`
};

struct MapEnd {
  MapResults map;
  std::string folder;  ///< that it is in: of a shard one below `out`
  bool interrupted = false;
};

/// Throws InputError if what is stored in a folder is another map than that which is asked for.
void require_no_other_map(const std::filesystem::path& folder, const Manifest& stored,
                          const Manifest& asked);

/// The upsets that `text` means: a stored bit of weights or thresholds as
/// "space,layer,module,index,thresh,bit", or else a file, a fault list of one case of such upsets before
/// image 0. Ascending. Throws InputError if it is neither, a site is not there, or one is named twice.
std::vector<Site> given_upsets(const std::string& text, const Topology& net);

/// Makes a map or resumes it; shows its progress, on stderr if nobody else is told. Throws InputError,
/// before anything is written, if the inputs, the memory or what is in the folder do not allow it.
MapEnd run_map(const MapOrder& order);

}  // namespace fluence
