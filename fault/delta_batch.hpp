// Trials with faults in weights and thresholds, evaluated together: images outside, trials inside, so
// that an image's margins stay in the processor's cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "fault/engine.hpp"
#include "fault/fault.hpp"
#include "network/delta.hpp"
#include "network/packed.hpp"
#include "network/parameters.hpp"

namespace fluence {

class DeltaBatch {
 public:
  /// A fault of a trial comes into force before an image.
  struct Start {
    std::int64_t image = 0;
    std::size_t fault = 0;  ///< among the trial's
  };
  /// All faults in `starts` are in weights or thresholds; they are listed in the order in which they
  /// come into force, and those that never do are left out.
  struct Job {
    const FaultCase* trial = nullptr;
    Semantics semantics{};
    std::vector<Start> starts;
    /// In ascending order: images that see some fault from one of their windows on. Their scores are
    /// left to the caller.
    std::vector<int> partial;
    TrialResult* result = nullptr;  ///< gets scores and images_done
  };
  /// Gives the fault-free trace of an image; valid until the next call.
  using TraceSource = std::function<std::span<const std::uint64_t>(int image)>;
  /// Told before each image; may throw to end it.
  using Watch = std::function<void(int image)>;

  [[nodiscard]] static bool supports(const Topology& net) { return DeltaNetwork::supports(net); }

  /// `golden`, of a network that is supported, and `packed`, which computes it, must outlive the object.
  /// Margins (170 to 500 KB an image) of the first of `images` images are kept up to
  /// `margin_bytes`; those of further images are computed once a batch.
  DeltaBatch(const Parameters& golden, const PackedNetwork& packed, int images, std::size_t margin_bytes,
             Isa isa = default_isa());

  /// Whether such a trial costs less here than one by one with the faulted network's own kernels.
  [[nodiscard]] bool gains(const Job& job);
  /// Runs each trial's images.
  void run(std::span<Job> jobs, const TraceSource& trace, const Watch& watch = {});

 private:
  /// A parameter word that a trial changed, or 64 bits of a wider one.
  struct Word {
    Site site;
    int neuron = 0;
    std::uint64_t value = 0;  ///< a threshold: as int64
  };
  /// A trial on its way.
  struct State {
    ChangedNeurons changed;
    std::vector<Word> words;
    std::size_t started = 0, partial = 0;  ///< so many of the job's are over
  };
  void start(const Job& job, std::int64_t image, State& state);
  void inject(const Fault& fault, Semantics semantics, State& state);
  static bool is_partial(const Job& job, int image, State& state);
  [[nodiscard]] const DeltaNetwork::Margins& margins(int image, std::span<const std::uint64_t> trace);

  const Parameters* golden_;
  Parameters scratch_;  ///< equals *golden_ but while a fault is injected
  DeltaNetwork network_;
  DeltaEvaluator evaluator_;
  std::vector<DeltaNetwork::Margins> margins_;  ///< [image that is kept], empty: not computed yet
  DeltaNetwork::Margins others_;
  std::vector<std::uint64_t> row_;
  std::vector<std::int32_t> thresholds_;
};

}  // namespace fluence
