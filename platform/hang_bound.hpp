// When a run counts as hanging.
#pragma once

#include <cstdint>

#include "platform/trial.hpp"
#include "rtl/cycle_model.hpp"

namespace fluence {

/// Cycles that a run of so many images (>= 1) may take, by a prediction of kPredictedImages.
inline std::uint64_t hang_bound(const CyclePrediction& prediction, int images) {
  return static_cast<std::uint64_t>(kHangFactor * prediction.run_length(images)) + kHangSlack;
}

}  // namespace fluence
