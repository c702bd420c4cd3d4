// A worker process, as its parent sees it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <string>

#include "campaign/worker_pool.hpp"

namespace fluence {

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
  /// Tasks that it was sent and has not answered, the one that it runs first.
  [[nodiscard]] const std::deque<int>& outstanding() const { return outstanding_; }
  /// Whether it has come so far that it runs tasks.
  [[nodiscard]] bool is_ready() const { return ready_; }
  /// Whether it has been running its first task for so long at `now`.
  [[nodiscard]] bool has_run(std::chrono::duration<double> time, Clock::time_point now) const;

  void send(int index);
  /// It ends with the task that it runs.
  void hang_up();
  /// Kills it for what it does to its first task.
  void kill(const std::string& why);

  /// Reads what has arrived. Returns false at the end.
  bool receive();
  /// The next complete answer.
  std::optional<Answer> take();

  /// How a worker came to its end.
  struct End {
    int task =
        -1;  ///< the one that it ran; -1: none, or the one that it was to end for was done after all
    std::string why;
  };
  /// Waits for the end of the process.
  End end();

 private:
  int group_;
  pid_t pid_ = 0;
  int requests_ = -1;
  int answers_ = -1;
  bool ready_ = false;
  std::deque<int> outstanding_;
  Clock::time_point since_;  ///< when the first of these was begun
  std::string buffer_;
  std::optional<End> sentence_;  ///< what it is to end for, if the parent knows
};

}  // namespace fluence
