// What maps of all kinds have in common on disk: what they are asked for, files that show damage, and
// shards.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "campaign/manifest.hpp"
#include "campaign/shard.hpp"
#include "network/topology.hpp"
#include "rtl/site.hpp"

namespace fluence {

/// A manifest's map, but for what only its kind has.
struct MapScope {
  const Topology* net = nullptr;
  std::vector<Space> spaces;
  std::vector<int> layers;  ///< empty: all
  int images = 0;           ///< the first ones of the set
  Shard shard{};

  /// As keys of a manifest.
  [[nodiscard]] Manifest scope_manifest() const;
  /// Throws InputError naming `where` if a key is not there or not as `scope_manifest` writes it.
  static MapScope scope_of(const Manifest& manifest, const std::string& where);
};

/// A key of a manifest. Throws InputError likewise.
std::string manifest_text(const Manifest& manifest, const std::string& key, const std::string& where);

InputError damaged_map(const std::string& where, const std::string& why);

/// Writes a line that says what the file is, `content`, and a digest of both.
void write_map_file(const std::filesystem::path& file, std::string_view magic, std::string_view content);
/// The content again. `magic` ends with the number of its form. Throws InputError naming the folder if
/// there is no such file, or it has another form or another digest.
std::string read_map_file(const std::filesystem::path& file, std::string_view magic);

/// Throws InputError if the map in `folder` has not all its images.
void require_all_images(int done, int images, const std::string& folder);

/// Throws InputError naming both folders if these are manifests of different maps, shards aside.
void require_same_map(Manifest one, Manifest other, const std::string& both);

/// That shards make up a whole, each once.
class ShardChecks {
 public:
  /// Throws InputError if the shard is of another division than those before, one of them, or without
  /// so many of its images.
  void add(const std::filesystem::path& folder, Shard shard, std::size_t images_left);
  /// Throws InputError if one is missing.
  void end() const;

 private:
  struct Part {
    std::filesystem::path folder;
    Shard shard;
  };
  std::vector<Part> parts_;
};

}  // namespace fluence
