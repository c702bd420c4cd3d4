// When a run counts as hanging.
#pragma once

#include <cstdint>

#include "platform/trial.hpp"
#include "rtl/cycle_model.hpp"

namespace fluence {

/// Cycles that a run of so many images (>= 1) may take, by a prediction of kPredictedImages: `watchdog`
/// more than predicted, or what trial.hpp says if that is 0.
inline std::uint64_t hang_bound(const CyclePrediction& prediction, int images,
                                std::uint64_t watchdog = 0) {
  const double predicted = prediction.run_length(images);
  return watchdog > 0 ? static_cast<std::uint64_t>(predicted) + watchdog
                      : static_cast<std::uint64_t>(kHangFactor * predicted) + kHangSlack;
}

}  // namespace fluence
