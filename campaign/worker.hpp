// A worker process, as its parent sees it.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/cancel.hpp"
#include "campaign/worker_pool.hpp"

namespace fluence {

/// A flag that a process shares with those that it forks later.
class SharedFlag {
 public:
  /// Throws std::system_error.
  SharedFlag();
  ~SharedFlag();
  SharedFlag(const SharedFlag&) = delete;
  SharedFlag& operator=(const SharedFlag&) = delete;
  void raise() { flag_->store(true, std::memory_order_relaxed); }
  [[nodiscard]] CancelToken token() const { return CancelToken(*flag_); }

 private:
  std::atomic<bool>* flag_;
};

/// Destroying it kills the process.
class Worker {
 public:
  using Clock = std::chrono::steady_clock;

  enum class Kind : std::uint32_t { ready, result, input_error, other_error };
  struct Answer {
    Kind kind{};
    int index = 0;     ///< of the task; -1: of none
    std::string text;  ///< a result, or what an exception says
  };

  /// Starts it. `others` are those that the parent has. Throws std::system_error.
  Worker(int group, const PoolHooks& hooks, const std::list<Worker>& others);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  [[nodiscard]] int group() const { return group_; }
  [[nodiscard]] int descriptor() const { return answers_; }
  /// Tasks that it was sent and has not answered, in the order in which it does, and their batches.
  [[nodiscard]] const std::deque<int>& outstanding() const { return outstanding_; }
  [[nodiscard]] std::size_t batches() const { return batches_.size(); }
  /// Of those tasks, how many are left of the batch that it runs.
  [[nodiscard]] std::size_t left_of_batch() const {
    return batches_.empty() ? 0 : batches_.front().left;
  }
  /// Whether it has come so far that it runs tasks.
  [[nodiscard]] bool is_ready() const { return ready_; }
  /// Whether its first task has been running for so long at `now`.
  [[nodiscard]] bool has_run(std::chrono::duration<double> time, Clock::time_point now) const;

  void send(const std::vector<int>& batch);
  /// It ends when it has nothing more to do.
  void hang_up();
  [[nodiscard]] bool hung_up() const { return requests_ < 0; }
  /// It ends soon, within a task if it runs one.
  void cancel();
  /// Kills it for what it does to its first task.
  void kill(const std::string& why);

  /// Reads what has arrived. Returns false at the end.
  bool receive();
  /// The next complete answer.
  std::optional<Answer> take();

  /// How long a batch took.
  struct Pace {
    std::size_t tasks = 0;
    double seconds = 0;
    double processor_seconds = 0;
  };
  /// That of the batch which the last answer completed, if it did.
  std::optional<Pace> take_pace() { return std::exchange(pace_, std::nullopt); }

  /// How a worker came to its end.
  struct End {
    /// The first that it had not answered; -1: none, or the one that it was to end for was done after
    /// all.
    int task = -1;
    std::string why;
  };
  /// Waits for the end of the process.
  End end();

 private:
  struct Batch {
    std::size_t tasks = 0;
    std::size_t left = 0;
  };
  int group_;
  pid_t pid_ = 0;
  int requests_ = -1;
  int answers_ = -1;
  bool ready_ = false;
  SharedFlag cancelled_;
  std::deque<int> outstanding_;
  std::deque<Batch> batches_;
  /// Processor time of the process so far.
  [[nodiscard]] double processor_seconds() const;

  Clock::time_point begun_;  ///< when the first of these was
  double worked_ = 0;        ///< processor time until then
  Clock::time_point since_;  ///< since when its first task runs, as far as one can see from here
  std::optional<Pace> pace_;
  std::string buffer_;
  std::optional<End> sentence_;  ///< what it is to end for, if the parent knows
};

}  // namespace fluence
