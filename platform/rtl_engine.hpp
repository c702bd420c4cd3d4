// The `rtl` engine: trials on the Verilated accelerator inside the SystemC platform.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "fault/engine.hpp"
#include "network/images.hpp"
#include "network/parameters.hpp"
#include "platform/fate_observer.hpp"
#include "platform/fault_free_run.hpp"
#include "platform/platform.hpp"
#include "platform/trial.hpp"
#include "rtl/cycle_model.hpp"

namespace fluence {

Capabilities rtl_capabilities(const Topology& net);

/// Evaluates all faults: `physical` at cycles and between images in every space, `source` and `shipped`
/// between images in weights and thresholds, stuck bits in every space, intermittent faults in weights
/// and thresholds. Faults at cycles leave all images in one run; faults between images, and
/// reloads of parameters by the driver, split it there.
///
/// A trial with faults at cycles does not start at cycle 0 but at the last checkpoint before the first
/// of them, in a fault-free run of as many images that the engine makes when it is first needed. If all
/// are flips in data, it is left where its state is the fault-free run's again, and goes on at the last
/// checkpoint before the next flip. The result is the same.
class RtlEngine final : public Engine, public ControlSimulator {
 public:
  /// Checkpoints a run: 20 to 30 KB each. In short runs there is one every quantum.
  static constexpr std::uint64_t kMostCheckpoints = 1024;

  /// Builds the platform for the network of the parameters; keeps copies of both arguments. Throws
  /// std::logic_error on the second call in a process: SystemC elaborates once.
  /// `watchdog`: cycles that a run may take longer than without faults before it hangs; 0: as
  /// hang_bound().
  RtlEngine(const Parameters& parameters, const ImageSet& images, std::uint64_t watchdog = 0);

  /// Simulates from a checkpoint before each upset of control, with all other upsets of the trial, until
  /// the control state is that of the fault-free run again and the images that were in the pipeline have
  /// left it. Those take their scores from here. With faults that hold bits, all of the trial does: such
  /// a run is never as the fault-free one again.
  void add_control(const FaultCase& trial, TrialResult& result, const CancelToken& cancel = {}) override;

  /// Whether trials start at checkpoints (at first, yes).
  void use_checkpoints(bool on) { use_checkpoints_ = on; }
  /// Cycles that were clocked in all trials, without those of the fault-free runs.
  [[nodiscard]] std::uint64_t cycles_simulated() const { return cycles_simulated_; }

 protected:
  TrialResult run_one(const Trial& trial, const CancelToken& cancel) override;

 private:
  /// At a trial's end, when `result.events` are those that the RTL has counted.
  void add_protected(const Trial& trial, TrialResult& result) const;
  struct TimedFlip : Flip {
    std::uint64_t cycle;
    bool control;
    bool lasts;                   ///< a run neither overwrites it nor, of a register, minds it
    bool kept;                    ///< a repair may store in a memory what a vote with it gives
    std::size_t fault = 0;        ///< of the trial
    std::optional<bool> stuck{};  ///< at this value, instead of a flip,
    std::optional<std::uint64_t> stuck_cycles{};  ///< for so long, if not for good
  };
  [[nodiscard]] std::vector<TimedFlip> flips_of(const FaultCase& trial) const;
  /// A fault between images begins or ends.
  void apply_between_images(const Fault& fault, bool end, Semantics semantics);
  void schedule(const TimedFlip& flip, std::uint64_t cycle);
  /// Resets everything that an earlier trial may have changed.
  void prepare(int images);
  /// Throws Cancelled after a burst in which it was, as all do that take a token.
  void run_images(int first, int last, TrialResult& result, const CancelToken& cancel,
                  const Checkpoint* from = nullptr);
  const FaultFreeRun& fault_free(int images, const CancelToken& cancel);
  void record(int images, const CancelToken& cancel);
  void run_from_checkpoint(const FaultCase& trial, TrialResult& result, const CancelToken& cancel);
  /// From the flip `first` on, until nothing is left of it and of those that came meanwhile; returns the
  /// first one that is yet to come. All are of data.
  std::size_t run_until_recovered(const FaultCase& trial, const std::vector<TimedFlip>& flips,
                                  std::size_t first, TrialResult& result, const CancelToken& cancel);
  /// From the upset of control at `cycle` on; returns the cycle up to which `result` has all of them.
  std::uint64_t simulate_control(const std::vector<TimedFlip>& flips, std::uint64_t cycle,
                                 const FaultFreeRun& clean, TrialResult& result,
                                 const CancelToken& cancel);
  /// Inverts some of the flips that have been done by a cycle, which undoes or does them.
  void toggle(const std::vector<TimedFlip>& flips, std::uint64_t cycle,
              const std::function<bool(const TimedFlip&)>& which);
  [[nodiscard]] bool has_recovered(const std::vector<TimedFlip>& flips, const Checkpoint& expected,
                                   int images);
  [[nodiscard]] std::uint64_t watchdog(int images) const;

  Parameters parameters_;
  ImageSet images_;
  CyclePrediction prediction_;
  std::uint64_t watchdog_;
  PlatformOptions options_;
  Platform platform_;
  FateObserver fates_;
  bool repairs_;                              ///< some memory does, at its accesses
  std::vector<std::byte> stored_parameters_;  ///< pristine, as the model stores them
  FaultFreeRun clean_;
  bool use_checkpoints_ = true;
  std::uint64_t cycles_simulated_ = 0;
};

/// An RtlEngine; see there.
std::unique_ptr<RtlEngine> make_rtl_engine(const Parameters& parameters, const ImageSet& images,
                                           std::uint64_t watchdog = 0);

}  // namespace fluence
