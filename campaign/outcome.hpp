// What a trial's upsets did to its images.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fault/engine.hpp"
#include "network/decision.hpp"

namespace fluence {

/// Counts of images; masked + tolerable + critical + hang is the number of images.
struct Outcomes {
  int correct = 0;    ///< class equals the label
  int masked = 0;     ///< all scores equal the fault-free ones
  int tolerable = 0;  ///< scores differ, class equal
  int critical = 0;   ///< class differs
  int hang = 0;       ///< never finished
  /// Digest over number and scores of each image that is not masked: with the fault-free scores it
  /// stands for all scores. 16 hex digits.
  std::string digest;
  bool operator==(const Outcomes&) const = default;
};

/// `fault_free`: at least [images][scores]; `labels`: at least [images]; `decider`, `scores`: see
/// Engine. The number of images is that of `result.scores`.
Outcomes compare(const TrialResult& result, std::span<const std::int16_t> fault_free,
                 std::span<const std::uint8_t> labels, const Decider& decider, int scores);

}  // namespace fluence
