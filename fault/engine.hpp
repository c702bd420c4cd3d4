// The one interface behind which both engines stand.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fault/fault.hpp"
#include "rtl/fate.hpp"

namespace fluence {

struct TrialResult {
  std::vector<std::int16_t> scores;  ///< [images][kScores]; images that a hang left unfinished are 0
  int images_done = 0;               ///< fewer than asked: the accelerator hung
  std::string hang;                  ///< which stream was blocked, empty unless it hung
  std::uint64_t cycles = 0;   ///< accelerator cycles of all runs of the trial (rtl engine; else 0)
  std::vector<Fate> fates{};  ///< of each fault as listed; empty where the engine does not know
};

/// Evaluates trials of one network with one parameter set on one image set. Not thread-safe; a process
/// may hold several `fast` engines but only one `rtl` engine (SystemC elaborates once).
class Engine {
 public:
  /// `classes`: see there.
  explicit Engine(int classes) : classes_(classes) {}
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  virtual ~Engine() = default;

  /// Runs images 0 .. trial.images-1 with the trial's faults, from pristine parameters. Throws
  /// InputError if a site does not exist, the images do not suffice, or this engine cannot evaluate the
  /// fault (then the message names the engine that can).
  virtual TrialResult run(const FaultCase& trial, Semantics semantics) = 0;

  /// How many of the first scores are those of classes.
  [[nodiscard]] int classes() const { return classes_; }

  /// From now on told now and then how many images of a run are done, of one without faults at least.
  void on_progress(std::function<void(int images_done)> told) { told_ = std::move(told); }

 protected:
  void tell(int images_done) const {
    if (told_) {
      told_(images_done);
    }
  }

 private:
  int classes_;
  std::function<void(int images_done)> told_;
};

/// Simulates what the fast engine cannot evaluate. Implemented on the RTL.
class ControlSimulator {
 public:
  ControlSimulator() = default;
  ControlSimulator(const ControlSimulator&) = delete;
  ControlSimulator& operator=(const ControlSimulator&) = delete;
  virtual ~ControlSimulator() = default;

  /// `result` is that of a trial with faults at cycles without those in `control`; makes it the result
  /// with all of them. Fates and cycles stay.
  virtual void add_control(const FaultCase& trial, TrialResult& result) = 0;
};

}  // namespace fluence
