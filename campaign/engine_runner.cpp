#include "campaign/engine_runner.hpp"

#include <chrono>
#include <vector>

namespace fluence {

void EngineRunner::run(std::span<const int> batch, const Deliver& deliver, const CancelToken& cancel) {
  using Clock = std::chrono::steady_clock;
  auto last = Clock::now();
  std::vector<Trial> trials;
  trials.reserve(batch.size());
  for (const int index : batch) {
    trials.push_back(make_(index));
  }
  const auto take = [&](std::size_t i, const TrialResult& result) {
    const auto now = Clock::now();
    const std::chrono::duration<double> took = now - last;
    last = now;
    deliver(batch[i], summarize_(batch[i], result, took.count()));
  };
  engine_->run(trials, take, cancel);
}

}  // namespace fluence
