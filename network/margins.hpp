// How far images are from being lost, which is what a search for the worst faults makes small.
#pragma once

#include <cstdint>
#include <span>

#include "network/decision.hpp"

namespace fluence {

/// Of images. Their number alone would be a poor guide: most bits turn no image, and yet open the way
/// for others.
struct Margins {
  std::int64_t lead = 0;  ///< score of the label less the best of the other classes, over correct images
  int correct = 0;

  Margins& operator+=(const Margins& other) {
    lead += other.lead;
    correct += other.correct;
    return *this;
  }
  auto operator<=>(const Margins&) const = default;
};

/// Of one image with these scores. The class must be that of the highest score.
Margins margins_of(std::span<const Score> scores, int label, const Decider& decider);

}  // namespace fluence
