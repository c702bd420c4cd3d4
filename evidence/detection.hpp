// What the hardware and its host notice of faults, and what each image of a trial is then in the terms
// of functional safety. Docs: docs/evidence.md.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "campaign/store.hpp"
#include "network/topology.hpp"

namespace fluence {

/// What a trial's image is.
enum class SafetyClass : std::uint8_t {
  fault_free,  ///< finished before the first fault
  no_effect,   ///< its scores are the fault-free ones; the fault is gone, noticed, or seen in other
               ///< images
  safe,        ///< its scores differ and it is not critical
  latent,      ///< as all of its trial it shows nothing, and the fault is still there, unnoticed
  detected,    ///< critical or hung, and noticed in time: dangerous detected
  undetected   ///< critical or hung, and not: dangerous undetected
};
inline constexpr std::size_t kSafetyClasses = 6;
std::string_view to_string(SafetyClass of);

/// Who looks for faults, and by when they must be seen.
struct DetectionPoints {
  bool watchdog = true;  ///< the host that waits for a run's end
  bool scores = true;    ///< the host that compares scores with the range that the campaign states
  bool codec = true;     ///< the decoders of protected memories, where they report an error
  int read_back = 0;     ///< images between two readings of all parameters by the host; 0: never
  std::optional<std::uint64_t> limit{};  ///< cycles from a fault to its detection; none: see docs
};

/// Cycles of runs of a network; empty where nobody knows.
struct RunClock {
  std::function<std::uint64_t(int images)> run_length{};
  std::function<std::uint64_t(int images)> hangs_after{};  ///< when the host gives a run up
};

struct ClassedTrial {
  std::array<int, kSafetyClasses> images{};
  /// [image]; which of the images that are not critical have other scores is not stored: here they are
  /// `no_effect`, too.
  std::vector<SafetyClass> of;
  /// From the first fault to its detection, of a trial with dangerous images: cycles or, without a
  /// clock, images.
  std::optional<std::uint64_t> latency;

  [[nodiscard]] int count(SafetyClass one) const { return images[static_cast<std::size_t>(one)]; }
};

/// Classes the trials of a scenario.
class Detection {
 public:
  /// `tally` and `points` must outlive it. Throws InputError saying why the scenario cannot be assessed:
  /// nobody knows when its images finish, and its faults are timed by cycle or there is a limit.
  Detection(const ScenarioTally& tally, const Topology& net, const DetectionPoints& points,
            const RunClock& clock);

  /// `upsets`: the trial's; without any its images are free of faults. Throws InputError if it does not
  /// say which images are critical.
  [[nodiscard]] ClassedTrial operator()(const StoredTrial& trial,
                                        std::span<const StoredUpset> upsets) const;
  [[nodiscard]] bool in_cycles() const { return static_cast<bool>(clock_.run_length); }

 private:
  /// When something is noticed, and the first image that this protects.
  struct Seen {
    std::uint64_t time;
    int image;
  };
  /// [image] when it is finished: cycles, or images without a clock.
  [[nodiscard]] std::vector<std::uint64_t> finish_times(std::span<const StoredUpset> upsets) const;
  [[nodiscard]] std::int64_t next_reload(std::int64_t image) const;
  [[nodiscard]] bool is_present(const StoredUpset& upset) const;

  const ScenarioTally* tally_;
  const Topology* net_;
  const DetectionPoints* points_;
  RunClock clock_;
  std::vector<std::uint64_t> lengths_;  ///< [images - 1] of a run from its start
};

}  // namespace fluence
