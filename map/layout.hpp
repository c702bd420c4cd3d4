// Which faults a complete map holds, and in which order their counts lie.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "network/topology.hpp"
#include "rtl/site.hpp"

namespace fluence {

/// What one fault of a map does, from the start on: inverts a single bit, or an aligned group of 8
/// bits of a stored word (the last one of a word may be smaller), or holds a single bit at a value.
enum class MapMode { seu, mbu, stuck0, stuck1 };

std::string_view to_string(MapMode mode);
/// Throws InputError naming the known ones.
MapMode map_mode_from_string(std::string_view name);

/// All faults of one space and layer, numbered neuron by neuron, for so they are evaluated: a neuron's
/// stored words (its synapse folds; its thresholds) in their order, the faults of a word from bit 0 up.
/// Of a memory with copies first all of copy 0; what a codec puts into a word of a neuron may be
/// another's.
struct MapRegion {
  Space space{};
  int layer = 0;
  int neurons = 0;
  int words = 0;        ///< of a neuron
  int word_faults = 0;  ///< of a stored word
  int word_bits = 0;
  std::size_t first = 0;  ///< number of its first fault
  int copies = 1;

  [[nodiscard]] std::size_t neuron_faults() const {
    return static_cast<std::size_t>(words) * static_cast<std::size_t>(word_faults);
  }
  [[nodiscard]] std::size_t copy_faults() const {
    return static_cast<std::size_t>(neurons) * neuron_faults();
  }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(copies) * copy_faults(); }
};

/// The regions of a map, in the order of sites: by space, then layer.
class MapLayout {
 public:
  /// `layers`: only these; empty: all. The topology must outlive the object. Throws InputError if a
  /// space holds no parameters, a layer is not there, nothing is left, or bits are stuck where a codec
  /// stores them.
  MapLayout(const Topology& net, MapMode mode, const std::vector<Space>& spaces,
            const std::vector<int>& layers = {});

  [[nodiscard]] const Topology& net() const { return *net_; }
  [[nodiscard]] MapMode mode() const { return mode_; }
  [[nodiscard]] const std::vector<MapRegion>& regions() const { return regions_; }
  /// Of a space and layer; nullptr if the map does not hold it.
  [[nodiscard]] const MapRegion* find(Space space, int layer) const;
  /// Whether it holds faults of a layer.
  [[nodiscard]] bool holds(int layer) const {
    return find(Space::weights, layer) != nullptr || find(Space::thresholds, layer) != nullptr;
  }
  /// How many faults there are.
  [[nodiscard]] std::size_t size() const { return size_; }

  /// The number of the fault at a site of the region.
  [[nodiscard]] std::size_t number(const MapRegion& region, const Site& site) const;

  /// Bits of a word from one fault to the next.
  [[nodiscard]] int fault_bits() const { return mode_ == MapMode::mbu ? 8 : 1; }
  /// The site, a group's first bit, of fault `number`.
  [[nodiscard]] Site site(std::size_t number) const;

  /// Calls `visit(site, number)` for each fault of a region, in the order of sites.
  template <typename Visit>
  void for_each(const MapRegion& region, Visit visit) const {
    const auto& layer = net_->layer(region.layer);
    for (int copy = 0; copy < region.copies; ++copy) {
      for (int pe = 0; pe < layer.pe; ++pe) {
        for (int fold = 0; fold < layer.neuron_folds(); ++fold) {
          const int neuron = fold * layer.pe + pe;
          auto number = this->number(region, site(region, copy, neuron, 0, 0));
          for (int word = 0; word < region.words; ++word) {
            for (int fault = 0; fault < region.word_faults; ++fault) {
              visit(site(region, copy, neuron, word, fault), number++);
            }
          }
        }
      }
    }
  }

 private:
  [[nodiscard]] Site site(const MapRegion& region, int copy, int neuron, int word, int fault) const;

  const Topology* net_;
  MapMode mode_;
  std::vector<MapRegion> regions_;
  std::size_t size_ = 0;
};

}  // namespace fluence
