// What a trial's flips in memory cells do: from access to access, whoever says which accesses meet a
// flip.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fault/fault.hpp"
#include "network/parameters.hpp"
#include "rtl/fate.hpp"
#include "rtl/matrix_vector/matrix_vector.hpp"

namespace fluence {

/// Accesses to code words in which something was corrected, or seen and not corrected.
struct AccessEvents {
  std::uint64_t corrected = 0, detected = 0;
  bool operator==(const AccessEvents&) const = default;
};

/// The place of a layer's weights or thresholds in a list of the events of each memory; the register
/// targetLayer has the same number.
constexpr std::size_t events_place(int layer, Space space) {
  return 2 * static_cast<std::size_t>(layer) + (space == Space::thresholds ? 1 : 0);
}

struct ProtectedFaults {
  /// From a window of an image on, the datapath is given another value of a word.
  struct Given {
    FirstRead from;
    Site word;
    std::vector<std::uint64_t> value;  ///< in limbs
  };
  std::vector<Given> given;          ///< those of a word in the order of time
  std::vector<AccessEvents> events;  ///< [events_place()], of all images
};

/// An access of the datapath to a word of the group of a flip: in a memory, the first one to the word
/// that meets the flip; in a memory's register, the only one that does.
struct Meeting {
  Site word;
  FirstRead at;
  bool overlaps = false;  ///< The access before it takes place in the cycle of the flip.
};

/// Those of a flip in a memory cell, by the counts before its cycle and, for a memory that is read
/// synchronously, before the next one. `unit`: the stage of the layer's matrix-vector unit.
std::vector<Meeting> meetings(const Parameters& values, const Site& site, std::size_t unit,
                              const StageCounts& before, const StageCounts& after);
/// Those of a flip before an image.
std::vector<Meeting> meetings(const Parameters& values, const Site& site, std::int64_t image);

/// Follows the flips of a trial that are in memory cells, and sets their fates, which must be
/// never_read. `meetings`: [fault]; those beyond the trial's images do not count.
ProtectedFaults follow_protected(const FaultCase& trial, Semantics semantics, const Parameters& values,
                                 const std::vector<std::vector<Meeting>>& meetings,
                                 std::vector<Fate>& fates);

}  // namespace fluence
