// When each stage of the pipeline takes each of its steps: recorded once a network, since no timing
// depends on data.
//
// Steps are those of stage_work.hpp. A layer's matrix-vector unit takes them in the order pixel, neuron
// fold, synapse fold: step s reads weight word s % WMEM of every PE for output pixel s / WMEM. The row
// of pixel p and neuron fold nf, result number p * NF + nf, leaves with the thresholds of nf in a later
// cycle, at the earliest the next one. docs/schedule.md describes the file.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "network/topology.hpp"
#include "rtl/matrix_vector/matrix_vector.hpp"
#include "rtl/sites.hpp"
#include "rtl/stage_kind.hpp"

namespace fluence {

/// How a stage works through one image. Cycles count from its first step of the image.
struct WorkPattern {
  /// From `step` on, up to the next run: bursts of `burst` steps, one a cycle, which begin `period`
  /// cycles apart. Both are 1 if one step a cycle is all there is.
  struct Run {
    std::int64_t step = 0;
    std::int64_t cycle = 0;
    std::int64_t burst = 1;
    std::int64_t period = 1;
    bool operator==(const Run&) const = default;
  };
  /// A result that leaves `cycles` cycles later than the earliest one.
  struct Late {
    std::int64_t result = 0;
    std::int64_t cycles = 0;
    bool operator==(const Late&) const = default;
  };
  std::vector<Run> runs;   ///< ascending; the first begins with {0, 0}
  std::vector<Late> late;  ///< ascending
  bool operator==(const WorkPattern&) const = default;

  /// Runs of these cycles, one for each step, ascending from 0.
  static std::vector<Run> runs_of(const std::vector<std::int64_t>& cycles);
};

/// Images, one after the other, that a stage works through alike.
struct ImageSpan {
  /// 0: all further ones (the last span, and only it, unless the last images repeat in rounds).
  std::int64_t images = 0;
  std::size_t pattern = 0;
  std::uint64_t start = 0;   ///< run cycle of the first step of the first of them
  std::uint64_t period = 0;  ///< cycles from one's first step to the next one's; 0 if there is only one
  bool operator==(const ImageSpan&) const = default;
};

/// The last spans of a stage, of so many images together, for good: each time `cycles` later. A memory
/// port works so where an image does not fill its bursts.
struct ImageRound {
  std::int64_t images = 0;  ///< 0: there are no rounds
  std::uint64_t cycles = 0;
  bool operator==(const ImageRound&) const = default;
};

struct StageSchedule {
  std::vector<WorkPattern> patterns;
  std::vector<ImageSpan> spans;
  ImageRound round{};
};

/// After so many images the memory ports find their bursts as they were: 1 where an image fills them.
std::int64_t images_of_round(const Topology& net);

class Schedule {
 public:
  /// `rtl`: digest of the RTL that was recorded; `tail`: cycles from the entry of the last score word
  /// into the memory writer to the run's end; `stages`: in the order of `dataflow(net).stages`. The
  /// topology must outlive the schedule. Throws std::logic_error if a stage is not as the comments above
  /// say.
  Schedule(const Topology& net, std::string rtl, std::uint64_t tail, std::vector<StageSchedule> stages);

  /// The schedule in `text`, the content of a file that is called `name` in errors. Throws InputError if
  /// it is no schedule, or one of another network.
  static Schedule parse(std::string_view text, const std::string& name, const Topology& net);
  /// Reads `<folder>/<network>.json`, of whatever RTL. Throws InputError like `parse`, and if it cannot
  /// be read.
  static Schedule read(const std::filesystem::path& folder, const Topology& net);
  /// Throws like `read`, and if the schedule was recorded on an RTL with another digest. All errors say
  /// that `fluence calibrate` renews it.
  static Schedule load(const std::filesystem::path& folder, const Topology& net, std::string_view rtl);
  static std::filesystem::path file_in(const std::filesystem::path& folder, const Topology& net);
  /// The content of the file.
  [[nodiscard]] std::string text() const;
  /// Digest of `text()`, for the manifest: 16 hex digits.
  [[nodiscard]] std::string digest() const;

  [[nodiscard]] const Topology& net() const { return *net_; }
  [[nodiscard]] const std::string& rtl() const { return rtl_; }
  [[nodiscard]] std::uint64_t tail() const { return tail_; }
  [[nodiscard]] const StageSchedule& stage(std::size_t stage) const { return stages_.at(stage); }
  /// The stage of a layer's matrix-vector unit.
  [[nodiscard]] std::size_t unit(int layer) const { return units_.at(static_cast<std::size_t>(layer)); }
  [[nodiscard]] const std::vector<StageWork>& works() const { return works_; }

  /// From this image on all stages do with every image what they did with the one before it (a memory
  /// port in rounds: with the one a round before),
  [[nodiscard]] std::int64_t periodic_from() const;
  /// so many cycles later (the cycles of a round, for each of its images).
  [[nodiscard]] std::uint64_t period() const;
  /// Cycles of a run of so many images.
  [[nodiscard]] std::uint64_t run_length(int images) const;

  /// Run cycle of a step or result of a stage.
  [[nodiscard]] std::uint64_t step_cycle(std::size_t stage, std::int64_t image, std::int64_t step) const;
  [[nodiscard]] std::uint64_t result_cycle(std::size_t stage, std::int64_t image,
                                           std::int64_t result) const;
  /// Steps that a stage has taken, or results that have left it, before a run cycle, if images never
  /// end. Take no longer for late cycles.
  [[nodiscard]] std::int64_t steps_before(std::size_t stage, std::uint64_t cycle) const;
  [[nodiscard]] std::int64_t results_before(std::size_t stage, std::uint64_t cycle) const;

  /// The first window that is computed with the site's word as it is in run cycle `cycle` or later; the
  /// site, of weights or thresholds, must exist. Takes no longer for late cycles.
  [[nodiscard]] FirstRead first_read(const Site& site, std::uint64_t cycle) const;

 private:
  struct Numbered {
    ImageSpan span;
    std::int64_t first_image = 0;
  };
  /// The span of an image, and how many rounds it lies behind it.
  struct Place {
    const Numbered& numbered;
    std::int64_t rounds = 0;
  };
  [[nodiscard]] Place place_of(std::size_t stage, std::int64_t image) const;
  /// First image of the last span, or of the spans that repeat.
  [[nodiscard]] const Numbered& last_part(std::size_t stage) const;

  const Topology* net_;
  std::string rtl_;
  std::uint64_t tail_;
  std::vector<StageSchedule> stages_;
  std::vector<std::string> names_;            ///< [stage]
  std::vector<StageWork> works_;              ///< [stage]
  std::vector<std::vector<Numbered>> spans_;  ///< [stage]
  std::vector<std::size_t> units_;            ///< [layer]
};

/// The counts of a schedule before a cycle of a run of so many images. The schedule must outlive them.
class ScheduledCounts final : public StageCounts {
 public:
  ScheduledCounts(const Schedule& schedule, std::uint64_t cycle, int images)
      : schedule_(&schedule), cycle_(cycle), images_(images) {}
  [[nodiscard]] std::int64_t steps(std::size_t stage) const override {
    return std::min(schedule_->steps_before(stage, cycle_), images_ * schedule_->works()[stage].steps);
  }
  [[nodiscard]] std::int64_t results(std::size_t stage) const override {
    return std::min(schedule_->results_before(stage, cycle_),
                    images_ * schedule_->works()[stage].results());
  }

 private:
  const Schedule* schedule_;
  std::uint64_t cycle_;
  std::int64_t images_;
};

}  // namespace fluence
