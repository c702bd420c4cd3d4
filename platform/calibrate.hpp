// Recording the schedule: when each stage of the RTL takes each of its steps and gives each result.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "fault/schedule.hpp"
#include "rtl/dataflow.hpp"
#include "rtl/model/rtl_model.hpp"

namespace fluence {

/// Watches a run of images and notes what its stages do. The streams show all of it: a stage takes a
/// step when a word moves at one of its ends. Only a matrix-vector unit steps unseen, in its later
/// neuron folds: whenever no finished row is blocked. A result leaves when its stream takes it.
class ScheduleRecorder {
 public:
  explicit ScheduleRecorder(const Topology& net);

  /// To be called in every cycle of a run, at least from before the first word is there. Throws
  /// std::logic_error if a stage does what such a stage cannot do.
  void sample(std::uint64_t run_cycle, const std::vector<StreamStatus>& streams);

  /// Images that have entered the memory writer, and the cycle in which the last word did.
  [[nodiscard]] std::int64_t images() const { return watches_.back().images; }
  [[nodiscard]] std::uint64_t last_entry() const { return watches_.back().last_step; }
  /// Whether several images in a row found and left every stream alike, cycle for cycle. All control
  /// state follows from what passed through the streams, so the rest of the run repeats them.
  [[nodiscard]] bool periodic() const;
  /// What was seen. Images that were not are taken to go on like the last ones.
  [[nodiscard]] Schedule schedule(std::string rtl, std::uint64_t tail) const;

 private:
  // Of one stage.
  struct Watch final : StepLog {
    Watch(const StageWork& its_work, std::string its_name, int in, int out)
        : done(its_work), name(std::move(its_name)), in_depth(in), out_depth(out) {}
    [[nodiscard]] const StageWork& work() const override { return done; }
    [[nodiscard]] std::int64_t steps() const override {
      return static_cast<std::int64_t>(cycles.size());
    }
    [[nodiscard]] std::int64_t results() const override { return given; }
    void take_step(std::uint64_t cycle) override;
    void give_result(std::uint64_t cycle) override;
    void close_if_done();

    StageWork done;
    std::string name;
    int in_depth = 0, out_depth = 0;  ///< of the streams; 0: there is none
    std::uint64_t start = 0;          ///< run cycle of the open image's first step
    std::uint64_t last_step = 0;
    std::vector<std::int64_t> cycles{};  ///< of the open image's steps, from `start`
    std::int64_t given = 0;              ///< results of the open image
    WorkPattern open{};
    std::int64_t images = 0;
    std::int64_t length = 0;        ///< cycles of the last image, first to last step
    std::vector<ImageSpan> each{};  ///< [image], where they come in rounds
    bool rounds = false;
    StageSchedule seen{};  ///< the last span counts its images, too
  };
  /// Adds one to spans that hold all images before it.
  static void add_image(std::vector<ImageSpan>& spans, std::size_t pattern, std::uint64_t start);
  static StageSchedule in_rounds(const Watch& watch, std::int64_t round);

  const Topology* net_;
  std::vector<Watch> watches_;   ///< [stage]
  std::int64_t round_;           ///< images after which the memory ports find their bursts alike
  std::uint64_t signature_ = 0;  ///< of all streams in every cycle since the last image left
  std::vector<std::uint64_t> last_signatures_;  ///< of the images of a round, by image % round
  int repeats_ = 0;
};

/// Runs images on the Verilated accelerator, behind a memory as slow as the platform's, until the
/// pattern repeats. Takes up to a minute: where the last layers are the slowest, it is hundreds of
/// images until the first ones wait for them. Throws std::logic_error if it never does.
/// `told`, if set, gets the number of images each time that one has left.
Schedule record_schedule(const Topology& net, std::string rtl,
                         const std::function<void(std::int64_t images)>& told = {});
/// The first `images` images alone; what it says of later ones is unfounded.
Schedule record_images(const Topology& net, std::string rtl, int images);

}  // namespace fluence
