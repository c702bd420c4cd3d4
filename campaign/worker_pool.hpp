// Tasks in worker processes.
//
// Workers are forked, so whatever the parent holds (parameters, images, drawn scenarios) is theirs
// without being sent. A worker serves one group of tasks and then ends, because a simulation can be
// elaborated only once in a process. A worker that crashes or hangs takes no other down, and none
// outlives the parent.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/cancel.hpp"

namespace fluence {

struct Task {
  int group = 0;
  int index = 0;  ///< the caller's number for it
};

/// Lives in a worker process.
class TaskRunner {
 public:
  /// Takes a task's result as bytes.
  using Deliver = std::function<void(int index, const std::string& result)>;

  TaskRunner() = default;
  TaskRunner(const TaskRunner&) = delete;
  TaskRunner& operator=(const TaskRunner&) = delete;
  virtual ~TaskRunner() = default;
  /// Runs the tasks and delivers their results in the order of the batch, each as soon as it is there:
  /// what was delivered is never run again. Returns early if cancelled. An InputError that it throws
  /// ends the pool, any other exception the worker.
  virtual void run(std::span<const int> batch, const Deliver& deliver, const CancelToken& cancel) = 0;
};

/// So many seconds of work are handed to a worker at a time, by the speed that it has shown.
inline constexpr double kBatchSeconds = 1;

struct PoolHooks {
  /// In the worker: makes what runs the tasks of a group. What it throws ends the pool.
  std::function<std::unique_ptr<TaskRunner>(int group)> start;
  /// In the parent, before a task is given to a worker: whether it is still to be run. Unset: all are.
  std::function<bool(int index)> wanted{};
  /// In the parent: seconds that a task may take, 0 if any. Looked at several times a second. Unset:
  /// none has a limit.
  std::function<double(int index)> limit{};
  /// In the parent: takes a finished task's result, in the order in which tasks finish.
  std::function<void(int index, const std::string& result)> done;
  /// In the parent: a task has failed twice, the second time as the only one that its worker was given;
  /// why, as "its worker was killed by signal 9, Killed". Unset: that ends the pool.
  std::function<void(int index, const std::string& why)> failed{};
  /// In the parent, several times a second.
  std::function<void()> tick;
  /// What error messages call a task.
  std::function<std::string(int index)> name;
  double batch_seconds = kBatchSeconds;  ///< 0: tasks are handed over one by one
};

enum class PoolEnd { complete, interrupted };

/// Runs tasks in at most `jobs` workers, groups in order of first appearance. Workers are given batches,
/// at first of one task, then of `batch_seconds` of processor time, or less if a task's limit is short
/// or few tasks are left. `StopSignals` make it return `interrupted`: tasks that are being run are
/// cancelled, results that were delivered are kept.
///
/// A task fails if its worker throws, crashes or is killed, or exceeds the task's limit, whose clock
/// starts when the worker begins the batch or has delivered the task before it. The first task of a
/// batch that was not delivered is suspected: it is run once more, in a worker that has run nothing
/// else. The others of the batch are run one by one, so that none is blamed for another; batches that
/// the worker was still to run go to others. An InputError in a worker is thrown here; a worker that
/// cannot be started, and a task that fails twice where the hook `failed` is unset, end the pool with a
/// std::runtime_error; tasks of other workers are cancelled then.
PoolEnd run_pool(const std::vector<Task>& tasks, int jobs, const PoolHooks& hooks);

/// Processors that this process may use.
int default_jobs();

}  // namespace fluence
