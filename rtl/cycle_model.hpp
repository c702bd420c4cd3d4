// Predicted cycle counts: the pipeline as a chain of loops, one iteration a cycle, no data.
//
// Each stage is the loop nest of its HLS ancestor (finn-hlslib slidingwindow.h, mvau.hpp, maxpool.h,
// streamtools.h): an iteration happens in a cycle if the input it needs is there and the output it
// writes has room. The RTL is measured against this model and both against the boards.
#pragma once

#include <cstdint>
#include <vector>

#include "rtl/dataflow.hpp"

namespace fluence {

struct CyclePrediction {
  std::vector<std::int64_t> image_done;  ///< cycle, from the start, at which image i's last score leaves

  [[nodiscard]] std::int64_t first_image() const { return image_done.front(); }
  /// Mean cycles between images over the second half of the run.
  [[nodiscard]] double steady_state() const;
  /// Cycles of a run of so many images (>= 1), of a prediction of kPredictedImages or more.
  [[nodiscard]] double run_length(int images) const;
};

/// Images after which a run goes on in its steady state.
inline constexpr int kPredictedImages = 3;

/// Megahertz of the accelerator where nobody states another clock.
inline constexpr double kClockMhz = 100;

/// Runs `images` images back to back.
CyclePrediction predict_cycles(const Dataflow& flow, int images);

}  // namespace fluence
