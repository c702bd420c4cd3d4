// What becomes of upsets, from how far the stages have come in the running RTL.
#pragma once

#include <vector>

#include "fault/engine.hpp"
#include "fault/lifetimes.hpp"
#include "platform/observed_counts.hpp"
#include "sc_models/accelerator.hpp"

namespace fluence {

/// Fates are unknown for faults of control, and for those that need to be looked at in the same cycle
/// (before the same image) as the first of these or later, when counters may be wrong.
class FateObserver {
 public:
  /// The topology must outlive the object.
  explicit FateObserver(const Topology& net) : counts_(net), lifetimes_(net) {}

  /// The fates of a trial's faults between images, which find an idle pipeline.
  [[nodiscard]] std::vector<Fate> between_images(const FaultCase& trial) const;
  /// Has the next run stop in the cycles of a trial's faults at cycles, but of those that begin before
  /// `from`, to fill in their fates, one each. It has `run_length` cycles, if no fault of control
  /// disturbs it. All arguments must outlive that run.
  void watch(Accelerator& accelerator, const FaultCase& trial, std::uint64_t run_length,
             std::uint64_t from, std::vector<Fate>& fates) const;

 private:
  CountReader counts_;
  Lifetimes lifetimes_;
};

}  // namespace fluence
