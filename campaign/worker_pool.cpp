#include "campaign/worker_pool.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>

#include "base/error.hpp"
#include "campaign/stop_signals.hpp"
#include "campaign/worker.hpp"

namespace fluence {
namespace {

constexpr int kTickMilliseconds = 200;
constexpr std::size_t kMostAhead = 32;  // tasks sent to a worker beyond the one it runs

class Pool {
 public:
  Pool(const std::vector<Task>& tasks, int jobs, const PoolHooks& hooks)
      : hooks_(hooks), jobs_(static_cast<std::size_t>(jobs)) {
    for (const auto& task : tasks) {
      auto [it, added] = queues_.try_emplace(task.group);
      if (added) {
        order_.push_back(task.group);
      }
      it->second.push_back(task.index);
    }
  }

  PoolEnd run() {
    const StopSignals guard;
    for (;;) {
      if (StopSignals::came() || input_error_ || other_error_) {
        stopping_ = true;
      }
      staff();
      if (workers_.empty()) {
        break;
      }
      const auto now = Worker::Clock::now();  // what is done by now is heard of before time is called
      listen();
      enforce_limits(now);
      hooks_.tick();
    }
    if (input_error_) {
      throw InputError(*input_error_);
    }
    if (other_error_) {
      throw std::runtime_error(*other_error_);
    }
    const auto has_tasks = [](const auto& queue) { return !queue.second.empty(); };
    const bool left =
        std::ranges::any_of(queues_, has_tasks) || std::ranges::any_of(suspects_, has_tasks);
    return left || abandoned_ ? PoolEnd::interrupted : PoolEnd::complete;
  }

 private:
  // Gives workers tasks, ends those for which there are none, starts new ones.
  void staff() {
    for (auto& worker : workers_) {
      if (stopping_) {
        worker.hang_up();
        continue;
      }
      if (is_suspect(worker)) {
        continue;
      }
      auto& queue = wanted(queues_.at(worker.group()));
      const auto ahead = std::clamp<std::size_t>(queue.size() / (4 * jobs_), 1, kMostAhead);
      while (!queue.empty() && worker.outstanding().size() <= ahead) {
        worker.send(queue.front());
        queue.pop_front();
        static_cast<void>(wanted(queue));
      }
      if (worker.outstanding().empty()) {
        worker.hang_up();
      }
    }
    while (!stopping_ && workers_.size() < jobs_ && start_worker()) {
    }
  }

  // For a suspect if there is one, else for the first group with a task. False: there is no task.
  bool start_worker() {
    for (auto* queues : {&suspects_, &queues_}) {
      for (const int group : order_) {
        if (auto& queue = wanted((*queues)[group]); !queue.empty()) {
          workers_.emplace_back(group, hooks_, workers_).send(queue.front());
          queue.pop_front();
          return true;
        }
      }
    }
    return false;
  }

  // A queue, the first task of which is to be run.
  std::deque<int>& wanted(std::deque<int>& queue) const {
    while (hooks_.wanted && !queue.empty() && !hooks_.wanted(queue.front())) {
      queue.pop_front();
    }
    return queue;
  }

  // Whether a worker runs a task that has failed before.
  [[nodiscard]] bool is_suspect(const Worker& worker) const {
    return !worker.outstanding().empty() && failed_once_.contains(worker.outstanding().front());
  }

  void listen() {
    std::vector<pollfd> waiting;
    for (const auto& worker : workers_) {
      waiting.push_back({worker.descriptor(), POLLIN, 0});
    }
    if (::poll(waiting.data(), waiting.size(), kTickMilliseconds) <= 0) {
      return;
    }
    auto worker = workers_.begin();
    for (const auto& ready : waiting) {
      const auto here = worker++;
      if (ready.revents != 0) {
        const bool alive = here->receive();
        while (auto next = here->take()) {
          handle(*next);
        }
        if (!alive) {
          bury(*here);
          workers_.erase(here);
        }
      }
    }
  }

  void handle(const Worker::Answer& answer) {
    switch (answer.kind) {
      case Worker::Kind::ready: lost_starts_ = 0; break;
      case Worker::Kind::result: hooks_.done(answer.index, answer.text); break;
      case Worker::Kind::input_error: input_error_ = answer.text; break;
      case Worker::Kind::other_error:
        if (answer.index < 0) {
          other_error_ = answer.text + " (in the start)";
        }
        break;  // else the worker ends for it
    }
  }

  void enforce_limits(Worker::Clock::time_point now) {
    for (auto& worker : workers_) {
      if (!hooks_.limit || worker.outstanding().empty()) {
        continue;
      }
      const double limit = hooks_.limit(worker.outstanding().front());
      if (limit > 0 && worker.has_run(std::chrono::duration<double>(limit), now)) {
        worker.kill(fmt::format("it ran longer than its limit of {} s", limit));
      }
    }
  }

  // A worker has ended: what it was still to do is others', the task that it failed in is suspect.
  void bury(Worker& worker) {
    const auto [task, why] = worker.end();
    auto left = worker.outstanding();
    if (stopping_ || input_error_ || other_error_) {
      abandoned_ = abandoned_ || !left.empty();
      return;
    }
    const bool again = is_suspect(worker);
    if (!worker.is_ready() && ++lost_starts_ > jobs_) {
      other_error_ = "workers cannot be started: of the last, " + why;
      return;
    }
    if (task >= 0) {
      left.pop_front();
      if (again) {
        fail(task, why);
      } else {
        failed_once_.insert(task);
        suspects_[worker.group()].push_back(task);
      }
    }
    auto& queue = (again ? suspects_ : queues_)[worker.group()];
    queue.insert(queue.begin(), left.begin(), left.end());
  }

  void fail(int task, const std::string& why) {
    if (hooks_.failed) {
      hooks_.failed(task, why);
    } else {
      other_error_ = hooks_.name(task) + " failed twice: " + why;
    }
  }

  const PoolHooks& hooks_;
  std::size_t jobs_;
  std::map<int, std::deque<int>> queues_;    // [group]
  std::map<int, std::deque<int>> suspects_;  // [group] to be run once more, alone
  std::set<int> failed_once_;
  std::vector<int> order_;
  std::list<Worker> workers_;
  std::size_t lost_starts_ = 0;  // workers in a row that ended before they ran a task
  bool stopping_ = false;
  bool abandoned_ = false;
  std::optional<std::string> input_error_;
  std::optional<std::string> other_error_;
};

}  // namespace

PoolEnd run_pool(const std::vector<Task>& tasks, int jobs, const PoolHooks& hooks) {
  return Pool(tasks, jobs, hooks).run();
}

int default_jobs() {
  cpu_set_t processors;
  CPU_ZERO(&processors);
  return ::sched_getaffinity(0, sizeof processors, &processors) == 0 ? CPU_COUNT(&processors) : 1;
}

}  // namespace fluence
