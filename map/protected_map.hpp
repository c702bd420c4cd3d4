// Faults of memories whose codec stores words otherwise than as they are.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "fault/stored_group.hpp"
#include "map/image_map.hpp"

namespace fluence {

/// The network as if its memories stored words as they are; but those whose codec takes them for
/// numbers, which makes other numbers of them: a layer computes with these.
Topology without_codecs(Topology net);

/// One fault of what a codec stores changes nothing of what an access gives, or what one fault of a word
/// that is stored as it is would change: so its consequence is that one's.
class ProtectedMap final : public ImageMap {
 public:
  /// `layout`, of a protected hardware, must outlive the object. Throws InputError if some fault does
  /// more than that.
  ProtectedMap(const Parameters& parameters, const MapLayout& layout, Counted counted);

  /// Whether a map has memories of such a codec.
  static bool is_for(const MapLayout& layout);

  void add(const Image& image, std::span<BlockCounts> counts) override;

 private:
  void find_faults(const Parameters& parameters, const MapLayout& layout, const MapRegion& region);
  void find_faults(const StoredGroup& group, const MapLayout& layout, const MapRegion& region,
                   const MapRegion& values);

  Topology net_;           ///< without codecs, but for those of numbers
  Parameters parameters_;  ///< of it
  MapLayout layout_;       ///< of it, the same spaces and layers
  std::unique_ptr<ImageMap> values_;
  std::vector<std::uint32_t> fault_of_;  ///< [stored fault] 1 + fault of `layout_`; 0: it is masked
  std::vector<BlockCounts> counts_;      ///< of `layout_`
};

}  // namespace fluence
