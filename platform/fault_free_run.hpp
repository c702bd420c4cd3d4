// A recorded run without faults: where trials start and what they are compared with.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "platform/platform.hpp"

namespace fluence {

struct FaultFreeRun {
  int images = 0;
  std::uint64_t cycles = 0;
  Scores scores;                        ///< [images][scores]
  std::vector<Checkpoint> checkpoints;  ///< in order of time

  /// The last one before a cycle; nullptr: there is none.
  [[nodiscard]] const Checkpoint* before(std::uint64_t cycle) const {
    const auto next = std::ranges::lower_bound(checkpoints, cycle, {}, run_cycle);
    return next == checkpoints.begin() ? nullptr : &*(next - 1);
  }
  /// The one at a cycle, or nullptr.
  [[nodiscard]] const Checkpoint* at(std::uint64_t cycle) const {
    const auto found = std::ranges::lower_bound(checkpoints, cycle, {}, run_cycle);
    return found != checkpoints.end() && run_cycle(*found) == cycle ? &*found : nullptr;
  }

 private:
  static std::uint64_t run_cycle(const Checkpoint& checkpoint) { return checkpoint.rtl.run_cycle; }
};

}  // namespace fluence
