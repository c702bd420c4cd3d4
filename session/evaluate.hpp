// Trials of one's own, run by workers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "campaign/scenario.hpp"
#include "campaign/worker_pool.hpp"
#include "fault/engine.hpp"
#include "session/session.hpp"

namespace fluence {

struct EvaluationPlan {
  const Topology* net = nullptr;
  EngineKind engine = EngineKind::fast;
  std::size_t count = 0;                          ///< trials
  std::function<Trial(std::size_t index)> trial;  ///< also called in workers
  bool streams = false;  ///< results tell what streams carried, if the engine knows
  int jobs = 1;
  double limit = 0;  ///< seconds of a trial; 0: any time
  std::string who;   ///< stands before what refuses a trial, as "list.jsonl: "; may be empty
  /// Each trial is taken once, in the order in which they finish, by one of these: what it gave, or why
  /// it could not be run.
  std::function<void(std::size_t index, const TrialResult& result)> take;
  std::function<void(std::size_t index, const std::string& why)> failed;
  /// Several times a second.
  std::function<void(std::int64_t finished)> tick{};
};

/// Runs all trials on the session's images. Since each worker makes an engine of its own, one process
/// may ask for engine rtl again and again, of any network. Throws InputError before any work if a trial
/// is none of the network's or beyond the engine.
PoolEnd evaluate(Session& session, const EvaluationPlan& plan);

}  // namespace fluence
