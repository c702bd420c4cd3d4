// How good many sets of faults are for an attacker, found by several processes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "fault/fast_engine.hpp"
#include "fault/fault.hpp"
#include "network/decision.hpp"
#include "network/images.hpp"
#include "network/margins.hpp"

namespace fluence {

/// What an attack makes small. `scores`: [images][`row`]; `images`: at least as many. Throws InputError
/// if the class is not that of the highest score.
Margins margins_of(const Scores& scores, const ImageSet& images, const Decider& decider, int row);

/// A job for several processes, each with the engine as it is now.
struct Evaluation {
  FastEngine* engine = nullptr;
  const ImageSet* images = nullptr;  ///< those of the engine
  int jobs = 1;
  std::function<void(std::int64_t finished)> tick;  ///< several times a second: of this evaluation
};

/// Margins after each of the cases `make(0)` to `make(count - 1)`, faults physical; whatever the
/// number of jobs, the same. Nothing if it was interrupted. Throws like `run_pool`.
std::optional<std::vector<Margins>> evaluate(const Evaluation& evaluation, int count,
                                             const std::function<FaultCase(int)>& make);

}  // namespace fluence
