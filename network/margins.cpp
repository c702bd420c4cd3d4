#include "network/margins.hpp"

#include <algorithm>
#include <limits>

namespace fluence {

Margins margins_of(std::span<const Score> scores, int label, const Decider& decider) {
  if (classify(scores, decider) != label) {
    return {};
  }
  Score best = std::numeric_limits<Score>::min();
  for (int c = 0; c < decider.classes(); ++c) {
    if (c != label) {
      best = std::max(best, scores[static_cast<std::size_t>(c)]);
    }
  }
  return {scores[static_cast<std::size_t>(label)] - best, 1};
}

}  // namespace fluence
