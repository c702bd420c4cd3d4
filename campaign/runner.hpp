// Runs a campaign: trials in worker processes, results into the store.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "campaign/progress.hpp"
#include "campaign/shard.hpp"
#include "campaign/spec.hpp"
#include "campaign/store.hpp"
#include "campaign/worker_pool.hpp"
#include "fault/engine.hpp"

namespace fluence {

/// Makes an engine for a network on the first `images` images. Called in worker processes only.
using EngineFactory =
    std::function<std::unique_ptr<Engine>(EngineKind kind, const Topology& net, int images)>;

/// So many trials fail before an engine is given up that has never evaluated one.
inline constexpr int kHopeless = 20;

struct RunOptions {
  int jobs = 1;
  Shard shard{};                         ///< runs no other trials
  bool retry_failed = false;             ///< trials that could not be evaluated are run again
  double batch_seconds = kBatchSeconds;  ///< see PoolHooks; the results do not depend on it
  ProgressSink progress{};
};

/// The labels of a network's images, at least `spec.most_images()` of it.
using LabelsOf = std::function<std::vector<std::uint8_t>(const Topology& net)>;

/// Runs the trials of `spec` (of the shard) that `store` does not hold yet. Trials are interleaved over
/// the scenarios of an engine and network, so that an unfinished campaign has some of each. A scenario
/// with a target ends when it is met: `Stopping` decides, so the trials that are kept do not depend on
/// jobs, kills and resumes; those that run ahead of its decisions are lost if they turn out not to be
/// needed, or if the run is interrupted. A shard has no such scenarios.
///
/// A trial that fails as `run_pool` says is stored as one that could not be evaluated, and the rest goes
/// on. Throws InputError if the store cannot be written or an engine refuses; std::runtime_error if
/// workers cannot be started, or all of the first `kHopeless` trials of an engine and network fail.
/// Finished trials are kept in any case.
PoolEnd run_campaign(const Spec& spec, Store& store, const EngineFactory& factory,
                     const LabelsOf& labels, const RunOptions& options);

}  // namespace fluence
