// Cycle counts measured on the RTL inside the platform.
#pragma once

#include <vector>

#include "network/dataflow.hpp"
#include "rtl/model/rtl_model.hpp"

namespace fluence {

struct MeasuredTiming {
  double one_image = 0;             ///< cycles from leaving idle to the last score's acknowledgement
  double steady_state = 0;          ///< cycles an image, images back to back
  std::vector<StreamGauge> gauges;  ///< of the run of several images, in the order of dataflow().streams
  double run_cycles = 0;            ///< length of that run
};

/// Runs one image and then `images` (at least 4) back to back. All timing is independent of the data, so
/// the parameters are zero and the images black. Builds a platform: once a process.
MeasuredTiming measure_timing(const Topology& net, int images);

}  // namespace fluence
