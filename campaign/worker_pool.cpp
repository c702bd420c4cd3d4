#include "campaign/worker_pool.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <limits>
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
constexpr std::size_t kMostTasks = 4096;  // of a batch: two fit in a pipe, so that sending never waits
constexpr std::size_t kAhead = 1;         // batches sent to a worker beyond the one it runs

// Tasks of one group that are yet to be given to a worker.
struct Queue {
  std::deque<int> tasks;
  std::deque<int> singles;   // to be batches of their own
  std::deque<int> suspects;  // to be run once more, alone
  double task_seconds = 0;   // what one has taken of late
  double task_work = 0;      // of these, processor time
  std::size_t most = 1;      // tasks of a batch

  [[nodiscard]] bool empty() const { return tasks.empty() && singles.empty() && suspects.empty(); }
};

class Pool {
 public:
  Pool(const std::vector<Task>& tasks, int jobs, const PoolHooks& hooks)
      : hooks_(hooks), jobs_(static_cast<std::size_t>(jobs)) {
    for (const auto& task : tasks) {
      auto [it, added] = queues_.try_emplace(task.group);
      if (added) {
        order_.push_back(task.group);
      }
      it->second.tasks.push_back(task.index);
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
    const bool left =
        std::ranges::any_of(queues_, [](const auto& queue) { return !queue.second.empty(); });
    return left || abandoned_ ? PoolEnd::interrupted : PoolEnd::complete;
  }

 private:
  // Gives workers batches, ends those for which there are none, starts new ones.
  void staff() {
    for (auto& worker : workers_) {
      if (stopping_) {
        worker.cancel();
        continue;
      }
      if (is_suspect(worker) || worker.hung_up()) {
        continue;
      }
      auto& queue = queues_.at(worker.group());
      while (worker.batches() <= kAhead) {
        const auto batch = next_batch(queue);
        if (batch.empty()) {
          break;
        }
        worker.send(batch);
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
    for (const int group : order_) {
      if (auto& suspects = wanted(queues_[group].suspects); !suspects.empty()) {
        start_worker(group, {take_front(suspects)});
        return true;
      }
    }
    for (const int group : order_) {
      if (const auto batch = next_batch(queues_[group]); !batch.empty()) {
        start_worker(group, batch);
        return true;
      }
    }
    return false;
  }

  void start_worker(int group, const std::vector<int>& batch) {
    workers_.emplace_back(group, hooks_, workers_).send(batch);
  }

  // A queue, the first task of which is to be run.
  std::deque<int>& wanted(std::deque<int>& queue) const {
    while (hooks_.wanted && !queue.empty() && !hooks_.wanted(queue.front())) {
      queue.pop_front();
    }
    return queue;
  }

  static int take_front(std::deque<int>& queue) {
    const int index = queue.front();
    queue.pop_front();
    return index;
  }

  [[nodiscard]] double limit(int index) const { return hooks_.limit ? hooks_.limit(index) : 0; }

  // As many tasks as fill the processor time of a batch, which other programs on the machine do not
  // change, and half of the limit of each; near the end fewer, so that all workers end together. No
  // suspects; empty if there are no tasks.
  [[nodiscard]] std::vector<int> next_batch(Queue& queue) const {
    if (!wanted(queue.singles).empty()) {
      return {take_front(queue.singles)};
    }
    std::vector<int> batch;
    const auto share = std::max<std::size_t>(1, queue.tasks.size() / (4 * jobs_));
    const double work = hooks_.batch_seconds;
    double seconds = std::numeric_limits<double>::infinity();
    while (!wanted(queue.tasks).empty()) {
      if (const double most = limit(queue.tasks.front()) / 2; most > 0) {
        seconds = std::min(seconds, most);
      }
      const auto next = static_cast<double>(batch.size() + 1);
      if (!batch.empty() &&
          (batch.size() >= std::min(share, queue.most) || next * queue.task_work > work ||
           next * queue.task_seconds > seconds || work <= 0)) {
        break;
      }
      batch.push_back(take_front(queue.tasks));
    }
    return batch;
  }

  // Batches grow while they take the time that they should.
  static void learn(Queue& queue, const Worker::Pace& pace) {
    const auto add = [&](double& mean, double seconds) {
      const double one = seconds / static_cast<double>(pace.tasks);
      mean = mean > 0 ? (mean + one) / 2 : one;
    };
    add(queue.task_seconds, pace.seconds);
    add(queue.task_work, pace.processor_seconds);
    if (pace.tasks >= queue.most) {
      queue.most = std::min(2 * queue.most, kMostTasks);
    }
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
          if (const auto pace = here->take_pace()) {
            learn(queues_.at(here->group()), *pace);
          }
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
      const double most = worker.outstanding().empty() ? 0 : limit(worker.outstanding().front());
      if (most > 0 && worker.has_run(std::chrono::duration<double>(most), now)) {
        worker.kill(fmt::format("it ran longer than its limit of {} s", most));
      }
    }
  }

  // A worker has ended: what it was still to do is others'. Of the batch that it ran, the first task
  // that it did not answer is suspect; who shares work among a batch may have failed in any of it, so
  // the rest is run one by one.
  void bury(Worker& worker) {
    const auto [task, why] = worker.end();
    auto left = worker.outstanding();
    if (stopping_ || input_error_ || other_error_) {
      abandoned_ = abandoned_ || !left.empty();
      return;
    }
    if (!worker.is_ready() && ++lost_starts_ > jobs_) {
      other_error_ = "workers cannot be started: of the last, " + why;
      return;
    }
    auto& queue = queues_.at(worker.group());
    const bool again = is_suspect(worker);
    if (task >= 0) {
      const auto rest = left.begin() + static_cast<std::ptrdiff_t>(worker.left_of_batch());
      queue.singles.insert(queue.singles.end(), left.begin() + 1, rest);
      left.erase(left.begin(), rest);
      if (again) {
        fail(task, why);
      } else {
        failed_once_.insert(task);
        queue.suspects.push_back(task);
      }
    }
    auto& back = again ? queue.suspects : queue.tasks;
    back.insert(back.begin(), left.begin(), left.end());
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
  std::map<int, Queue> queues_;  // [group]
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
