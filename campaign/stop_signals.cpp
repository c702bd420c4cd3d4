#include "campaign/stop_signals.hpp"

#include <signal.h>
#include <time.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace fluence {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};
constexpr std::int64_t kOneWish = 1'000'000'000;  // ns within which several signals are one

std::atomic<std::int64_t> first_time = 0;  // when the first came, monotonic ns; 0: none has
std::atomic<int> first_signal = 0;
std::atomic<bool> kills = true;  // one that comes again
static_assert(std::atomic<std::int64_t>::is_always_lock_free && std::atomic<int>::is_always_lock_free &&
                  std::atomic<bool>::is_always_lock_free,
              "a signal handler uses them");

// What was set before the outermost StopSignals.
int guards = 0;
std::array<struct sigaction, kSignals.size()> old_actions{};
struct sigaction old_pipe_action {};

void set_handler(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(signal, &action, nullptr);
}

// Calls nothing but what POSIX allows in a signal handler.
void request_stop(int signal) {
  const int error = errno;
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  const auto now = std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  std::int64_t first = 0;
  if (first_time.compare_exchange_strong(first, now)) {
    first_signal = signal;
  } else if (kills && now - first >= kOneWish) {
    set_handler(signal, SIG_DFL);
    ::raise(signal);  // is delivered when this returns
  }
  errno = error;
}

}  // namespace

// One that was ignored before, as under nohup, remains so.
StopSignals::StopSignals(bool again_kills) {
  if (guards++ > 0) {
    return;
  }
  first_time = 0;
  first_signal = 0;
  kills = again_kills;
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], nullptr, &old_actions[i]);
    if (old_actions[i].sa_handler != SIG_IGN) {
      set_handler(kSignals[i], request_stop);
    }
  }
  ::sigaction(SIGPIPE, nullptr, &old_pipe_action);
  set_handler(SIGPIPE, SIG_IGN);
}

StopSignals::~StopSignals() {
  if (--guards > 0) {
    return;
  }
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], &old_actions[i], nullptr);
  }
  ::sigaction(SIGPIPE, &old_pipe_action, nullptr);
}

int StopSignals::first() { return first_signal; }

void StopSignals::leave_to_parent() {
  for (const int signal : kSignals) {
    ::signal(signal, SIG_IGN);
  }
}

}  // namespace fluence
