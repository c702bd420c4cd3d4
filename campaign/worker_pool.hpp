// Tasks in worker processes.
//
// Workers are forked, so whatever the parent holds (parameters, images, drawn scenarios) is theirs
// without being sent. A worker serves one group of tasks and then ends, because a simulation can be
// elaborated only once in a process. A worker that crashes or hangs takes no other down, and none
// outlives the parent.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace fluence {

struct Task {
  int group = 0;
  int index = 0;  ///< the caller's number for it
};

/// Lives in a worker process.
class TaskRunner {
 public:
  TaskRunner() = default;
  TaskRunner(const TaskRunner&) = delete;
  TaskRunner& operator=(const TaskRunner&) = delete;
  virtual ~TaskRunner() = default;
  /// Returns the result as bytes. An InputError that it throws ends the pool, any other exception the
  /// worker.
  virtual std::string run(int index) = 0;
};

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
};

enum class PoolEnd { complete, interrupted };

/// Runs tasks in at most `jobs` workers, groups in order of first appearance. `StopSignals` make it
/// finish the tasks that are being run and return `interrupted`.
///
/// A task fails if its worker throws, crashes, is killed or exceeds the task's limit, whose clock starts
/// when the worker begins the task. It is run once more, in a worker that has run nothing else; tasks
/// that the worker was still to run go to others. An InputError in a worker is thrown here; a worker
/// that cannot be started, and a task that fails twice where the hook `failed` is unset, end the pool
/// with a std::runtime_error; other workers finish their tasks before.
PoolEnd run_pool(const std::vector<Task>& tasks, int jobs, const PoolHooks& hooks);

/// Processors that this process may use.
int default_jobs();

}  // namespace fluence
