#include "fault/engine.hpp"

#include <cassert>
#include <optional>

namespace fluence {

bool Engine::run(std::span<const Trial> batch, const Take& take, const CancelToken& cancel) {
  for (const auto& [fault_case, semantics] : batch) {
    check_trial(fault_case, semantics, sites_, images_);
    check_capable(can_, fault_case, semantics);
  }
  std::size_t taken = 0;
  const auto in_order = [&](std::size_t index, TrialResult result) {
    assert(index == taken);
    ++taken;
    take(index, std::move(result));
  };
  try {
    run_batch(batch, in_order, cancel);
  } catch (const Cancelled&) {
    return false;
  }
  assert(taken == batch.size());
  return true;
}

TrialResult Engine::run(const FaultCase& trial, Semantics semantics) {
  const Trial only{trial, semantics};
  std::optional<TrialResult> result;
  run({&only, 1}, [&](std::size_t, TrialResult r) { result = std::move(r); });
  return std::move(*result);
}

void Engine::run_batch(std::span<const Trial> batch, const Take& take, const CancelToken& cancel) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    cancel.check();
    take(i, run_one(batch[i], cancel));
  }
}

}  // namespace fluence
