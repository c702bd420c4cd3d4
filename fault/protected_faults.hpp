// What a trial's flips in parameters do that are stored by codecs: from access to access, whoever says
// which access is the first to meet a flip.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
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

/// Whether a trial's fault is in parameters that a codec stores.
bool is_protected(const Topology& net, const Fault& fault);

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

/// The first access of the datapath to the word of a site that meets the trial's fault of that number;
/// none: beyond the trial's images.
using MeetingAccess = std::function<FirstRead(std::size_t fault, const Site& word)>;

/// Follows the flips of a trial that are in parameters stored by codecs, and sets their fates, which
/// must be never_read.
ProtectedFaults follow_protected(const FaultCase& trial, Semantics semantics, const Parameters& values,
                                 const MeetingAccess& meeting, std::vector<Fate>& fates);

}  // namespace fluence
