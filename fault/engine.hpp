// The one interface behind which both engines stand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/cancel.hpp"
#include "fault/capabilities.hpp"
#include "fault/fault.hpp"
#include "fault/protected_faults.hpp"
#include "network/decision.hpp"
#include "rtl/fate.hpp"
#include "rtl/sites.hpp"

namespace fluence {

struct TrialResult {
  Scores scores;              ///< [images][scores()]; images that a hang left unfinished are 0
  int images_done = 0;        ///< fewer than asked: the accelerator hung
  std::string hang;           ///< which stream was blocked, empty unless it hung
  std::uint64_t cycles = 0;   ///< accelerator cycles of all runs of the trial (rtl engine; else 0)
  std::vector<Fate> fates{};  ///< of each fault as listed; empty where the engine does not know
  /// Of accesses to code words (events_place()), of all runs of the trial; empty where the engine does
  /// not know, or no parameters are stored by a codec.
  std::vector<AccessEvents> events{};
  /// Digests of what streams carried for the last image (fault/stream_digests.hpp); empty unless the
  /// engine was asked for them and knows.
  std::map<std::string, std::uint64_t> last_streams{};
};

/// One trial of a batch.
struct Trial {
  FaultCase fault_case;
  Semantics semantics = Semantics::physical;
};

/// Evaluates trials of one network with one parameter set on one image set. Not thread-safe; a process
/// may hold several `fast` engines but only one `rtl` engine (SystemC elaborates once).
class Engine {
 public:
  /// Takes the result of the batch's trial `index`.
  using Take = std::function<void(std::size_t index, TrialResult result)>;

  /// `net` must outlive it. `images`: how many it has. `decider`: see there.
  Engine(const Topology& net, int images, Decider decider, Capabilities can)
      : sites_(net), images_(images), decider_(std::move(decider)), can_(std::move(can)) {}
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  virtual ~Engine() = default;

  [[nodiscard]] const Capabilities& capabilities() const { return can_; }

  /// Runs the trials of a batch, each on images 0 .. images-1 of its case, from pristine parameters:
  /// none knows of the others. Results are taken in the order of the batch, as soon as they are there.
  /// Throws InputError before any work if a site of any trial does not exist, the images do not suffice,
  /// or this engine cannot evaluate a trial (then the message names what can); in the midst of it if a
  /// cycle lies beyond the trial's run.
  ///
  /// Cancelling ends it within an image, and then no more is taken. Returns whether all were.
  bool run(std::span<const Trial> batch, const Take& take, const CancelToken& cancel = {});

  /// One trial, to the end.
  TrialResult run(const FaultCase& trial, Semantics semantics);

  /// How many of the first scores are those of classes.
  [[nodiscard]] int classes() const { return decider_.classes(); }
  /// How scores become a class.
  [[nodiscard]] const Decider& decider() const { return decider_; }
  /// How many scores an image has.
  [[nodiscard]] int scores() const { return sites_.net().scores(); }

  /// From now on results tell what streams carried, if the engine knows.
  void want_streams() { wants_streams_ = true; }

  /// From now on told now and then how many images of a trial are done.
  void on_progress(std::function<void(int images_done)> told) { told_ = std::move(told); }

 protected:
  /// Does so for trials that have been checked; throws Cancelled when it has seen that. As it stands
  /// here, one after the other by `run_one`; an engine that shares work among trials replaces it.
  virtual void run_batch(std::span<const Trial> batch, const Take& take, const CancelToken& cancel);
  virtual TrialResult run_one(const Trial& trial, const CancelToken& cancel) = 0;

  [[nodiscard]] const SiteMap& sites() const { return sites_; }
  [[nodiscard]] bool wants_streams() const { return wants_streams_; }
  void tell(int images_done) const {
    if (told_) {
      told_(images_done);
    }
  }

 private:
  SiteMap sites_;
  int images_;
  Decider decider_;
  Capabilities can_;
  std::function<void(int images_done)> told_;
  bool wants_streams_ = false;
};

/// Simulates what the fast engine cannot evaluate. Implemented on the RTL.
class ControlSimulator {
 public:
  ControlSimulator() = default;
  ControlSimulator(const ControlSimulator&) = delete;
  ControlSimulator& operator=(const ControlSimulator&) = delete;
  virtual ~ControlSimulator() = default;

  /// `result` is that of a trial with faults at cycles without those in `control`; makes it the result
  /// with all of them. Fates and cycles stay. Throws Cancelled within an image after it was.
  virtual void add_control(const FaultCase& trial, TrialResult& result,
                           const CancelToken& cancel = {}) = 0;
};

}  // namespace fluence
