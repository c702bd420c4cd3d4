// Trials as tasks of workers: the one way in which campaigns, replays and attacks have them evaluated.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "campaign/worker_pool.hpp"
#include "fault/engine.hpp"

namespace fluence {

/// Hands an engine whole batches of trials, and the parent what is to be known of each result.
class EngineRunner final : public TaskRunner {
 public:
  /// The trial of a task.
  using MakeTrial = std::function<Trial(int index)>;
  /// Of its result, what goes to the parent; `seconds` went by since the result before it.
  using Summarize = std::function<std::string(int index, const TrialResult& result, double seconds)>;

  EngineRunner(std::shared_ptr<Engine> engine, MakeTrial make, Summarize summarize)
      : engine_(std::move(engine)), make_(std::move(make)), summarize_(std::move(summarize)) {}

  void run(std::span<const int> batch, const Deliver& deliver, const CancelToken& cancel) override;

 private:
  std::shared_ptr<Engine> engine_;
  MakeTrial make_;
  Summarize summarize_;
};

}  // namespace fluence
