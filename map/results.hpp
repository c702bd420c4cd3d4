// A complete map on disk: one file in a folder of its own, written beside and renamed, so that it is
// always whole. docs/map.md says what is in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "campaign/store.hpp"
#include "fault/fault.hpp"
#include "map/consequence.hpp"
#include "map/layout.hpp"
#include "map/stored_map.hpp"

namespace fluence {

inline constexpr auto kMapFile = "map.bin";

/// Whether there is a map in `folder`.
bool has_map(const std::filesystem::path& folder);

/// What a map of parameters is asked for; the other keys of its manifest say what it rests on.
struct MapRequest : MapScope {
  MapRequest() { spaces = {Space::weights, Space::thresholds}; }

  MapMode mode = MapMode::seu;
  /// Bits of parameters that are inverted all the time, ascending: the state that the others come on top
  /// of, and that takes the place of the fault-free one.
  std::vector<Site> given{};

  /// These as faults of a trial.
  [[nodiscard]] std::vector<Fault> given_faults() const;
  /// As keys of a manifest.
  [[nodiscard]] Manifest manifest() const;
  /// Throws InputError naming `where` if a key is not there or not as `manifest` writes it.
  static MapRequest of(const Manifest& manifest, const std::string& where);
};

class MapResults {
 public:
  /// Without any image. `manifest` needs not hold the keys of the request.
  MapResults(const MapRequest& request, Manifest manifest);
  /// Throws InputError if there is no map in the folder, one of a newer form, or a damaged one.
  static MapResults load(const std::filesystem::path& folder);
  /// Replaces what is in the folder, which must exist. Throws InputError if it cannot be written.
  void save(const std::filesystem::path& folder) const;

  [[nodiscard]] const MapRequest& request() const { return request_; }
  [[nodiscard]] const Manifest& manifest() const { return manifest_; }
  [[nodiscard]] const MapLayout& layout() const { return layout_; }
  /// [fault of the layout], over the images that are done.
  [[nodiscard]] const std::vector<MapCounts>& counts() const { return counts_; }

  [[nodiscard]] bool is_done(int image) const { return done_[static_cast<std::size_t>(image)]; }
  [[nodiscard]] int images_done() const;
  /// Of the shard, ascending.
  [[nodiscard]] std::vector<int> images_left() const;

  /// Takes in a block of images that are not done yet.
  void add(std::span<const int> images, std::span<const BlockCounts> block);
  /// Takes in another shard of the same map. Throws InputError, naming the folders, if it is none, or
  /// has an image that is done here.
  void add(const MapResults& other, const std::string& here, const std::string& there);
  /// From now on all images are asked for.
  void become_whole();

  /// What the map says as one number: over the request, which images are done, and all counts. It is
  /// equal for two maps if and only if (but for chance) they say the same of the same faults, whoever
  /// computed them; the inputs are not in it. 16 hex digits.
  [[nodiscard]] std::string digest() const;

 private:
  MapRequest request_;
  Manifest manifest_;
  MapLayout layout_;
  std::vector<bool> done_;  ///< [image]
  std::vector<MapCounts> counts_;
};

/// Joins the shards of a map into `out`, which must hold no map; returns the number of images. Throws
/// InputError if one is missing, unfinished, named twice, or of another map.
int merge_maps(const std::vector<std::filesystem::path>& shards, const std::filesystem::path& out);

/// Numbers of the shards of `count` below `folder` that are missing or unfinished.
std::vector<int> unfinished_map_shards(const std::filesystem::path& folder, int count);

}  // namespace fluence
