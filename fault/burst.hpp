// Faults of many bits, by where these lie: bursts, and all bits of a module or a storage.
//
// The words of one copy, module and threshold of a storage are a memory, which its layout (MemoryLayout,
// of the hardware's file) places in rows and columns.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>
#include <vector>

#include "fault/fault.hpp"
#include "rtl/sites.hpp"

namespace fluence {

/// Where a bit lies, counted from the drawn one.
struct BurstBit {
  int row = 0;
  int column = 0;
  auto operator<=>(const BurstBit&) const = default;
};

/// How much of its storage goes with a drawn bit.
enum class Extent {
  bit,     ///< its word_size
  module,  ///< its PE, line block, FIFO or register; of one copy
  storage  ///< all modules that are one variable of the RTL, as all PEs of a layer's weights are
};
/// "" for a bit, else the name.
std::string_view to_string(Extent extent);
/// Throws InputError naming the known ones.
Extent extent_from_string(std::string_view name);

/// Groups of bits, and so faults, that one of the extent may be.
inline constexpr std::uint64_t kMostGroups = 131'072;
/// How many a fault at a site of the array would be.
std::uint64_t group_count(const StateArray& array, Extent extent);
/// One fault for each word (or its 64 bits, kWholeWord) of the extent of `drawn`, like this in all else.
std::vector<Fault> whole_faults(Fault drawn, Extent extent, const SiteMap& sites);

/// The farthest that one may lie, in rows and in columns.
inline constexpr int kFarthestBit = 65'535;

/// What one particle may do.
struct BurstShape {
  double probability = 1;      ///< of all shapes of a table, whose sum is 1
  std::vector<BurstBit> bits;  ///< distinct; the drawn bit, {0, 0}, among them
  bool operator==(const BurstShape&) const = default;
};

/// The table of one shape: so many bits side by side in a row, the drawn one first.
std::vector<BurstShape> burst_in_row(int bits);

/// The stored bits of a shape, in its order, of which those outside the memory are lost.
std::vector<Site> burst_sites(const std::vector<BurstBit>& bits, const Site& drawn,
                              const SiteMap& sites);

}  // namespace fluence
