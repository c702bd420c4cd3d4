// The memories of parameters that a hardware's file can protect, and what a complete map says of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codec/codec.hpp"
#include "map/results.hpp"

namespace fluence {

/// The memories of a space and layer: one for each PE, of thresholds one for each PE and number.
struct ProtectedStorage {
  Space space{};
  int layer = 0;
  int cells = 0;               ///< memories
  int words = 0;               ///< of a memory
  int bits = 0;                ///< of a word
  std::uint64_t critical = 0;  ///< (fault, image) pairs of the map that are critical, unprotected
  /// What corrects every fault of the map's mode, and how many bits it stores more; nullptr: none does.
  const Codec* codec = nullptr;
  long extra_bits = 0;

  [[nodiscard]] long bit_count() const { return long{cells} * words * bits; }
  /// "thresholds of layer 3"
  [[nodiscard]] std::string name() const;
};

/// In the order of the map's regions. Of `codecs`, by name, each gets that which corrects and stores
/// the fewest bits. Throws InputError if the map is not finished, a codec is not known or cannot be
/// built, or none of them corrects the map's faults in any memory.
std::vector<ProtectedStorage> protected_storages(const MapResults& map,
                                                 const std::vector<std::string>& codecs);

/// Whether every access gives the value whatever one fault of that mode does to what is stored of words
/// of so many bits, copies and check bits included: tried on each of them.
bool corrects(const Codec& codec, int bits, MapMode mode);

/// The hardware with the codecs of these memories.
Topology with_protection(const Topology& net, const std::vector<ProtectedStorage>& storages,
                         const std::string& name);

}  // namespace fluence
