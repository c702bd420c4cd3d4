// The fast engine: bit-packed inference that recomputes only what a trial's faults change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "fault/delta_batch.hpp"
#include "fault/engine.hpp"
#include "fault/incremental.hpp"
#include "fault/lifetimes.hpp"
#include "fault/protected_faults.hpp"
#include "fault/schedule.hpp"
#include "network/images.hpp"
#include "network/packed.hpp"
#include "network/parameters.hpp"

namespace fluence {

/// Of a fast engine that has a source of the schedule and a simulator of `control`, or has not.
Capabilities fast_capabilities(bool schedule = true, bool control = true);

/// Evaluates faults in weights and thresholds that are timed by image and, with a schedule, faults in
/// all spaces that are timed by cycle; those in `control` it hands to a simulator for the images that
/// they touch: flips, stuck bits, and in weights and thresholds intermittent faults. Knows every fault's
/// fate but those in `control`; does not count cycles.
class FastEngine final : public Engine {
 public:
  static constexpr std::size_t kDefaultCacheBytes = std::size_t{512} << 20;

  /// Gives the network's schedule when a trial first needs it; may throw InputError.
  using ScheduleSource = std::function<Schedule()>;
  /// Makes the simulator of `control`, likewise.
  using ControlSource = std::function<std::shared_ptr<ControlSimulator>()>;

  /// Fault-free traces (20 to 40 KB an image) are kept up to `cache_bytes`, filled as trials need them;
  /// those of further images are computed again each time. What they leave is for the margins of images
  /// (170 to 500 KB), with which trials are evaluated together. Without a source of the schedule, faults
  /// timed by cycle are refused, and without a simulator those in `control`.
  FastEngine(Parameters parameters, ImageSet images, std::size_t cache_bytes = kDefaultCacheBytes,
             ScheduleSource source = {}, ControlSource control = {});

 protected:
  TrialResult run_one(const Trial& trial, const CancelToken& cancel) override;
  /// Trials whose faults are flips in parameters, on a network that the delta evaluation computes, are
  /// evaluated together if there are some of them: they cost a fraction then. All others, and single
  /// ones, by `run_one`.
  void run_batch(std::span<const Trial> batch, const Take& take, const CancelToken& cancel) override;

 private:
  TrialResult run_data(const FaultCase& trial, Semantics semantics, const CancelToken& cancel);
  /// Whether a trial can be evaluated with others, and its faults then; sets the result's fates.
  bool plan(const Trial& trial, DeltaBatch::Job& job);
  /// Evaluates what of a trial is left to the incremental inference.
  void run_partial(const DeltaBatch::Job& job, const CancelToken& cancel);
  void run_together(std::span<const Trial> trials, std::size_t first, const Take& take,
                    const CancelToken& cancel);
  /// What a fault does to a word of parameters, in the order in which they come at one time.
  struct Change {
    enum class What { reload, release, flip, hold, give } what{};
    std::size_t fault = 0;  ///< give: the place in `protected_.given` instead; reload: nothing
  };
  /// One whose word is read within the run.
  struct Timed {
    std::int64_t image = 0;
    Onset onset;             ///< its `fault` is the change's place in `changes_`
    std::uint64_t time = 0;  ///< of the fault, cycle or image
    Change change;
  };
  struct Hold {
    Site site;
    std::uint64_t mask = 0, bits = 0;
  };
  /// Finds out what the faults of a trial do: fills `fates`, `timed_` and `changes_` with what is done
  /// to parameters, in the order in which it comes into force, and `transients_`, in their order.
  void resolve(const FaultCase& trial, Semantics semantics, std::vector<Fate>& fates);
  /// Takes a place in `changes_`.
  using ApplyChange = std::function<void(std::size_t change)>;
  [[nodiscard]] ApplyChange changes_of(const FaultCase& trial, Semantics semantics);
  /// Applies what of `timed_`, from `next` on, is in force when an image begins, and leaves in `onsets_`
  /// what comes into force while it is under way.
  void begin_image(int image, std::vector<Timed>::const_iterator& next, const ApplyChange& apply_change);
  void add_changes(const Fault& fault, std::size_t number, int images);
  /// The accesses that meet the faults of a trial that are in memory cells: [fault].
  [[nodiscard]] std::vector<std::vector<Meeting>> meetings_of(const FaultCase& trial) const;
  /// Of a word as it is at a time of a fault.
  [[nodiscard]] FirstRead first_read(const Fault& fault, const Site& word, std::uint64_t time) const;
  void apply(const Change& change, const FaultCase& trial, Semantics semantics);
  void inject(const Fault& fault, Semantics semantics);
  /// Gives a word of the faulted network a value.
  void set_word(const Site& site, std::span<const std::uint64_t> value);
  /// The site's word may be another one than before, except for what is held.
  void mark(const Site& site);
  void restore();
  /// Copies the content of the site's word from `from` to the faulted network.
  void load_word(const Site& site, const Parameters& from);
  std::span<const std::uint64_t> golden_trace(int image);
  /// What streams carry for an image with the parameters as they are now.
  [[nodiscard]] std::map<std::string, std::uint64_t> streams_of(int image) const;

  Parameters golden_;
  ImageSet images_;
  PackedNetwork golden_net_;
  std::vector<std::vector<std::uint64_t>> traces_;  ///< [image that is kept], empty: not computed yet
  std::vector<std::uint64_t> uncached_trace_;

  Parameters faulted_;
  PackedNetwork faulted_net_;
  std::vector<Site> faulted_sites_;     ///< words in which `faulted_` may differ from `golden_`
  std::vector<std::uint64_t> changed_;  ///< [layer] neuron groups that hold such words
  ProtectedFaults protected_;           ///< of the trial
  std::vector<Timed> timed_;            ///< likewise
  std::vector<Change> changes_;         ///< likewise
  std::vector<Hold> held_;              ///< words of parameters that have stuck bits now
  std::vector<Transient> transients_;   ///< of the trial
  std::vector<Onset> onsets_;           ///< of the image that is evaluated
  IncrementalInference incremental_;
  std::size_t margin_bytes_;           ///< for the margins of images
  std::unique_ptr<DeltaBatch> delta_;  ///< once trials were run together
  ScheduleSource source_;
  std::optional<Schedule> schedule_;  ///< once it was needed
  Lifetimes lifetimes_;
  ControlSource control_source_;
  std::shared_ptr<ControlSimulator> control_;  ///< likewise
};

}  // namespace fluence
