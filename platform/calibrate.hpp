// Recording the schedule: when each layer of the RTL takes each of its steps and gives each row.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fault/schedule.hpp"
#include "network/dataflow.hpp"
#include "rtl/model/rtl_model.hpp"

namespace fluence {

/// Watches a run of images and notes what its layers do. The streams show all of it: a matrix-vector
/// unit steps in neuron fold 0 when it takes a word, and in the later folds unless a finished row is
/// blocked; a row leaves when its stream takes it.
class ScheduleRecorder {
 public:
  explicit ScheduleRecorder(const Topology& net);

  /// To be called in every cycle from the run's start on, at least from before the first layer can have
  /// a word. Throws std::logic_error if a unit does what such a unit
  /// cannot do.
  void sample(std::uint64_t run_cycle, const std::vector<StreamStatus>& streams);

  /// Images that have left the last layer.
  [[nodiscard]] std::int64_t images() const { return layers_.back().images; }
  /// Whether several images in a row found and left every stream alike, cycle for cycle. All control
  /// state follows from what passed through the streams, so the rest of the run repeats them.
  [[nodiscard]] bool periodic() const;
  /// What was seen. Images that were not are taken to go on like the last ones.
  [[nodiscard]] Schedule schedule(std::string rtl) const;

 private:
  struct Watch {
    const Layer* layer = nullptr;
    std::size_t in = 0, out = 0;  ///< streams
    int out_depth = 0;
    int word = 0;                   ///< weight word of the next step
    std::int64_t steps = 0;         ///< taken of the open image
    std::int64_t rows = 0;          ///< given of the open image
    std::uint64_t start = 0;        ///< run cycle of the open image's first step
    std::uint64_t row_due = 0;      ///< run cycle in which the waiting row could leave first
    std::int64_t next_offset = -1;  ///< of a step that continues the run, from the image's start
    WorkPattern open;
    std::int64_t images = 0;
    LayerSchedule seen;  ///< the last span counts its images, too
  };
  static void take_step(Watch& watch, std::uint64_t cycle);
  static void give_row(Watch& watch, std::uint64_t cycle);
  static void close_image(Watch& watch);

  const Topology* net_;
  std::vector<Watch> layers_;
  std::uint64_t signature_ = 0;  ///< of all streams in every cycle since the last image left
  std::uint64_t last_signature_ = 0;
  int repeats_ = 0;
};

/// Runs images on the Verilated accelerator, behind a memory as slow as the platform's, until the
/// pattern repeats. Takes a minute or two: where the last layers are the slowest, it is hundreds of
/// images until the first ones wait for them. Throws std::logic_error if it never does.
Schedule record_schedule(const Topology& net, std::string rtl);
/// The first `images` images alone; what it says of later ones is unfounded.
Schedule record_images(const Topology& net, std::string rtl, int images);

}  // namespace fluence
