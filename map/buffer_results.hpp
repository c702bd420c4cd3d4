// A complete map of buffers: every stored bit of the chosen spaces in every cycle of a run. On disk a
// folder with what was asked for and a file for each image that is done; docs/map.md says what is in
// them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "campaign/store.hpp"
#include "map/buffer_classes.hpp"
#include "map/consequence.hpp"
#include "map/stored_map.hpp"
#include "rtl/sites.hpp"

namespace fluence {

inline constexpr auto kBufferMapFile = "buffers.map";

/// Whether there is a map of buffers in `folder`.
bool has_buffer_map(const std::filesystem::path& folder);
/// Or one of parameters.
bool has_any_map(const std::filesystem::path& folder);
/// A space that holds data on their way, whose content is another one every few cycles.
bool is_buffer(Space space);

struct BufferRequest : MapScope {
  CycleRange cycles{};  ///< of a run of the images

  /// As keys of a manifest.
  [[nodiscard]] Manifest manifest() const;
  /// Throws InputError naming `where` if a key is not there or not as `manifest` writes it.
  static BufferRequest of(const Manifest& manifest, const std::string& where);
};

/// The stored bits of a space and layer.
struct BufferRegion {
  Space space{};
  int layer = 0;
  std::vector<const StateArray*> arrays;
  std::uint64_t bits = 0;
};

/// Those of a request, in the order of sites.
class BufferLayout {
 public:
  /// Throws InputError if a space is no buffer, a layer is not there, or nothing is left.
  BufferLayout(const Topology& net, const std::vector<Space>& spaces, const std::vector<int>& layers);
  BufferLayout(const BufferLayout&) = delete;
  BufferLayout& operator=(const BufferLayout&) = delete;

  [[nodiscard]] const SiteMap& sites() const { return sites_; }
  [[nodiscard]] const std::vector<BufferRegion>& regions() const { return regions_; }
  [[nodiscard]] std::uint64_t bits() const;

 private:
  SiteMap sites_;
  std::vector<BufferRegion> regions_;
};

/// Bit-cycles by consequence. What is masked are those that are read in vain; the others of a run that
/// are masked are in no class.
using BitCycles = std::array<std::uint64_t, kCounted + 1>;

/// Cycles of a bit in which an upset has this consequence for an image; where it is masked, for all.
struct BufferEntry {
  CycleRange span{};
  Consequence consequence{};
  int image = 0;
};
/// All of the cycles, cut where the consequence changes: the entries, which are those that are not
/// masked, in the order of time, and what is between them.
std::vector<BufferEntry> whole_time(std::span<const BufferEntry> entries, CycleRange cycles);

/// What upsets in a region do to an image, as bytes: its bit-cycles, then for each bit, in the order of
/// sites, how many entries it has and these. Takes in classes in the order in which BufferClasses
/// visits them.
class RegionWriter {
 public:
  RegionWriter(const BufferRegion& region, CycleRange cycles);
  void add(const BufferClasses::WordClass& word, std::span<const Consequence> consequences);
  /// Behind the last class of each array.
  void end_array();
  /// Behind the last array.
  [[nodiscard]] std::string bytes() const;

 private:
  void end_words(std::size_t until);

  const BufferRegion* region_;
  CycleRange cycles_;
  std::size_t array_ = 0, word_ = 0;
  std::vector<std::vector<BufferEntry>> word_bits_;
  BitCycles totals_{};
  std::string entries_;
};

/// Reads them again. Throws std::runtime_error if they are not whole.
class RegionReader {
 public:
  explicit RegionReader(std::string_view bytes);
  [[nodiscard]] const BitCycles& totals() const { return totals_; }
  /// Appends the entries of the next bit, those that are not masked, in the order of time.
  void next_bit(int image, std::vector<BufferEntry>& entries);

 private:
  std::uint64_t number();

  std::string_view rest_;
  BitCycles totals_{};
};

class BufferMap {
 public:
  /// Without any image. `manifest` needs not hold the keys of the request.
  BufferMap(const BufferRequest& request, Manifest manifest);
  /// Throws InputError if there is no map of buffers in the folder or what is there is damaged.
  static BufferMap load(const std::filesystem::path& folder);
  /// Writes what was asked for. Throws InputError if it cannot be written.
  void save_request(const std::filesystem::path& folder) const;

  [[nodiscard]] const BufferRequest& request() const { return request_; }
  [[nodiscard]] const Manifest& manifest() const { return manifest_; }
  [[nodiscard]] std::shared_ptr<const BufferLayout> layout() const { return layout_; }

  [[nodiscard]] int images_done() const { return static_cast<int>(images_.size()); }
  /// Of the shard, ascending.
  [[nodiscard]] std::vector<int> images_left() const;
  /// Takes in what the regions of an image have, and writes its file.
  void add(int image, const std::vector<std::string>& regions, const std::filesystem::path& folder);
  /// Over the images that are done.
  [[nodiscard]] const std::vector<BitCycles>& totals() const { return totals_; }
  /// Those that are masked, read or not, of a region; all images must be done.
  [[nodiscard]] std::uint64_t masked(std::size_t region) const;

  /// Those that are done, ascending.
  [[nodiscard]] std::vector<int> done() const;
  /// One number for what was asked for, which images are done and what upsets do to each.
  [[nodiscard]] std::string digest() const;
  /// Takes in the content of an image's file, in the folder `where`. Throws InputError if it is damaged.
  void take(int image, std::string_view content, const std::string& where);

 private:
  BufferRequest request_;
  Manifest manifest_;
  std::shared_ptr<const BufferLayout> layout_;
  std::map<int, std::string> images_;  ///< digest of each that is done
  std::vector<BitCycles> totals_;      ///< [region]
};

/// The bits of a region of a map, in the order of sites.
class BufferBits {
 public:
  /// The map must outlive the object. Throws InputError if the folder's files are damaged.
  BufferBits(const BufferMap& map, const std::filesystem::path& folder, std::size_t region);
  BufferBits(const BufferBits&) = delete;
  BufferBits& operator=(const BufferBits&) = delete;

  /// Turns to the next bit, at first to the first one; false behind the last one. Throws likewise.
  bool next();
  [[nodiscard]] const Site& site() const { return site_; }
  [[nodiscard]] const StateArray& array() const { return *region_->arrays[array_]; }
  /// Its entries of all images that are done, in the order of time.
  [[nodiscard]] std::span<const BufferEntry> entries() const { return entries_; }

 private:
  bool turn();

  const BufferRegion* region_;
  std::string where_;
  std::vector<std::string> contents_;
  std::vector<std::pair<int, RegionReader>> readers_;
  std::size_t array_ = 0;
  int module_ = 0;
  Site site_{};
  bool begun_ = false;
  std::vector<BufferEntry> entries_;
};

/// Joins the shards of a map into `out`, which must hold no map; returns the number of images. Throws
/// InputError if one is missing, unfinished or of another map.
int merge_buffer_maps(const std::vector<std::filesystem::path>& shards,
                      const std::filesystem::path& out);

}  // namespace fluence
