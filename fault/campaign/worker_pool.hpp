// Tasks in worker processes.
//
// Workers are forked, so whatever the parent holds (parameters, images, drawn scenarios) is theirs
// without being sent. A worker serves one group of tasks and then ends, because a simulation can be
// elaborated only once in a process. A worker that crashes takes no other down, and none outlives the
// parent.
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
  /// Returns the result as bytes. What it throws ends the pool.
  virtual std::string run(int index) = 0;
};

struct PoolHooks {
  /// In the worker: makes what runs the tasks of a group.
  std::function<std::unique_ptr<TaskRunner>(int group)> start;
  /// In the parent, before a task is given to a worker: whether it is still to be run. Unset: all are.
  std::function<bool(int index)> wanted{};
  /// In the parent: takes a finished task's result, in the order in which tasks finish.
  std::function<void(int index, const std::string& result)> done;
  /// In the parent, several times a second.
  std::function<void()> tick;
  /// What error messages call a task.
  std::function<std::string(int index)> name;
};

enum class PoolEnd { complete, interrupted };

/// While one lives, SIGINT, SIGTERM and SIGHUP end pools instead of the process: the one that runs, and
/// any that is started later. Each pool has its own; work of several pools holds one around them, so
/// that no signal is lost between two. A second signal kills.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
};

/// Runs tasks in at most `jobs` workers, groups in order of first appearance. SIGINT, SIGTERM and SIGHUP
/// make it finish the tasks that are being run and return `interrupted`; a second one kills. An
/// InputError in a worker is thrown here, all else that goes wrong there (an exception, a crash) as a
/// std::runtime_error that names the task; other workers finish their tasks before.
PoolEnd run_pool(const std::vector<Task>& tasks, int jobs, const PoolHooks& hooks);

/// Processors that this process may use.
int default_jobs();

}  // namespace fluence
