// What becomes of upsets, from how far the stages have come in the running RTL.
#pragma once

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "fault/engine.hpp"
#include "fault/lifetimes.hpp"
#include "fault/protected_faults.hpp"
#include "platform/driver_shape.hpp"
#include "platform/observed_counts.hpp"
#include "sc_models/accelerator.hpp"

namespace fluence {

/// Fates are unknown for faults of control, and for those that need to be looked at in the same cycle
/// (before the same image) as the first of these or later, when counters may be wrong.
class FateObserver {
 public:
  /// Keeps a copy of the parameters, with which trials begin; their network must outlive the object.
  explicit FateObserver(const Parameters& parameters)
      : counts_(*parameters.net),
        lifetimes_(*parameters.net),
        shape_(*parameters.net),
        parameters_(parameters) {}

  /// The fates of a trial's faults between images, which find an idle pipeline. Of those in memory
  /// cells, `protected_faults` knows more.
  [[nodiscard]] std::vector<Fate> between_images(const FaultCase& trial) const;
  /// Has the next run stop in the cycles of a trial's faults at cycles, but of those that begin before
  /// `from`, to fill in their fates, one each. It has `run_length` cycles, if no fault of control
  /// disturbs it. All arguments must outlive that run.
  void watch(Accelerator& accelerator, const FaultCase& trial, std::uint64_t run_length,
             std::uint64_t from, std::vector<Fate>& fates);
  /// After the trial: sets the fates of faults in memory cells, by the accesses that were
  /// seen, and gives how many of these met an error. `counted`: what the hardware has counted, of
  /// memories whose accesses it counts; empty: it was not asked. With faults of control, or after a run
  /// that did not come so far, nobody knows.
  std::vector<AccessEvents> protected_faults(const FaultCase& trial, Semantics semantics,
                                             const std::vector<AccessEvents>& counted,
                                             std::vector<Fate>& fates) const;

 private:
  void meet(std::size_t fault, const Site& site, const StageCounts& before, const StageCounts& after);

  CountReader counts_;
  Lifetimes lifetimes_;
  DriverShape shape_;
  Parameters parameters_;
  std::map<std::size_t, std::vector<Meeting>> meetings_;  ///< by fault, of the trial
};

}  // namespace fluence
