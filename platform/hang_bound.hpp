// When a run counts as hanging.
#pragma once

#include <algorithm>
#include <cstdint>

#include "platform/trial.hpp"
#include "rtl/cycle_model.hpp"

namespace fluence {

/// Images that a prediction for hang_bound() must cover.
inline constexpr int kPredictedImages = 3;

/// Cycles that a run of so many images (>= 1) may take.
inline std::uint64_t hang_bound(const CyclePrediction& prediction, int images) {
  const auto last = static_cast<std::size_t>(std::min(images, kPredictedImages)) - 1;
  const auto predicted = static_cast<double>(prediction.image_done.at(last)) +
                         std::max(0, images - kPredictedImages) * prediction.steady_state();
  return static_cast<std::uint64_t>(kHangFactor * predicted) + kHangSlack;
}

}  // namespace fluence
