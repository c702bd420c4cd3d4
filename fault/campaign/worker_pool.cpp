#include "fault/campaign/worker_pool.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "network/error.hpp"

namespace fluence {
namespace {

constexpr int kTickMilliseconds = 200;
constexpr std::size_t kMostAhead = 32;  // tasks sent to a worker beyond the one it runs

// A worker's answer; `size` bytes follow.
enum class Kind : std::uint32_t { result, input_error, other_error };
struct Header {
  Kind kind{};
  std::int32_t index = 0;
  std::uint64_t size = 0;
};

volatile sig_atomic_t stop_requested = 0;
void request_stop(int /*signal*/) { stop_requested = 1; }

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

// What was set before the outermost StopSignals.
int guards = 0;
std::array<struct sigaction, kSignals.size()> old_actions{};
struct sigaction old_pipe_action {};

void set_handler(int signal, void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  ::sigaction(signal, &action, nullptr);
}

bool write_all(int fd, const void* data, std::size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const auto n = ::write(fd, at, size);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return false;
    }
    at += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

void answer(int fd, Kind kind, int index, const std::string& text) {
  const Header header{kind, index, text.size()};
  if (!write_all(fd, &header, sizeof header) || !write_all(fd, text.data(), text.size())) {
    ::_exit(1);  // nobody listens any more
  }
}

// The life of a worker process. The parent hangs up to end it, also when requests are still in the pipe.
[[noreturn]] void serve(int requests, int answers, int group, const PoolHooks& hooks) {
  int index = -1;
  try {
    const auto runner = hooks.start(group);
    for (;;) {
      pollfd waiting{requests, POLLIN, 0};
      if (::poll(&waiting, 1, -1) < 0 && errno == EINTR) {
        continue;
      }
      if ((waiting.revents & POLLHUP) != 0 ||
          ::read(requests, &index, sizeof index) != static_cast<ssize_t>(sizeof index)) {
        ::_exit(0);
      }
      answer(answers, Kind::result, index, runner->run(index));
    }
  } catch (const InputError& e) {
    answer(answers, Kind::input_error, index, e.what());
  } catch (const std::exception& e) {
    answer(answers, Kind::other_error, index, e.what());
  }
  ::_exit(0);
}

// The parent's end of a worker. Destroying it kills the process.
class Worker {
 public:
  Worker(int group, const PoolHooks& hooks, const std::list<Worker>& others) : group_(group) {
    std::array<int, 2> requests{};
    std::array<int, 2> answers{};
    if (::pipe2(requests.data(), O_CLOEXEC) != 0) {
      throw std::system_error(errno, std::generic_category(), "cannot make a pipe to a worker");
    }
    if (::pipe2(answers.data(), O_CLOEXEC) != 0) {
      throw std::system_error(errno, std::generic_category(), "cannot make a pipe from a worker");
    }
    const auto parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) {
      throw std::system_error(errno, std::generic_category(), "cannot start a worker process");
    }
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != parent) {
        ::_exit(1);
      }
      for (const int signal : kSignals) {
        ::signal(signal, SIG_IGN);  // the parent decides
      }
      for (const auto& other : others) {  // else they would not see the parent hang up
        ::close(other.requests_);
        ::close(other.answers_);
      }
      ::close(requests[1]);
      ::close(answers[0]);
      serve(requests[0], answers[1], group, hooks);
    }
    ::close(requests[0]);
    ::close(answers[1]);
    requests_ = requests[1];
    answers_ = answers[0];
  }
  ~Worker() {
    hang_up();
    ::close(answers_);
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  [[nodiscard]] int group() const { return group_; }
  [[nodiscard]] int descriptor() const { return answers_; }
  [[nodiscard]] const std::deque<int>& outstanding() const { return outstanding_; }

  void send(int index) {
    outstanding_.push_back(index);
    // If the worker is dead, reading from it will tell.
    static_cast<void>(write_all(requests_, &index, sizeof index));
  }
  void hang_up() {
    if (requests_ >= 0) {
      ::close(std::exchange(requests_, -1));
    }
  }
  /// Reads what has arrived. Returns false at the end.
  bool receive() {
    std::array<char, 65536> block{};
    const auto n = ::read(answers_, block.data(), block.size());
    if (n > 0) {
      buffer_.append(block.data(), static_cast<std::size_t>(n));
    }
    return n > 0 || (n < 0 && errno == EINTR);
  }
  /// The next complete answer.
  std::optional<std::pair<Header, std::string>> take() {
    Header header;
    if (buffer_.size() < sizeof header) {
      return std::nullopt;
    }
    std::memcpy(&header, buffer_.data(), sizeof header);
    if (buffer_.size() - sizeof header < header.size) {
      return std::nullopt;
    }
    auto text = buffer_.substr(sizeof header, header.size);
    buffer_.erase(0, sizeof header + header.size);
    if (header.kind == Kind::result) {
      outstanding_.pop_front();  // a worker answers in order
    }
    return std::pair(header, std::move(text));
  }
  /// Waits for the end of the process and says how it was.
  std::string obituary() {
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    if (WIFSIGNALED(status)) {
      return std::string("was killed by signal ") + std::to_string(WTERMSIG(status)) + ", " +
             ::strsignal(WTERMSIG(status));
    }
    return "ended with code " + std::to_string(WEXITSTATUS(status));
  }

 private:
  int group_;
  pid_t pid_ = 0;
  int requests_ = -1;
  int answers_ = -1;
  std::deque<int> outstanding_;
  std::string buffer_;
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
      it->second.push_back(task.index);
    }
  }

  PoolEnd run() {
    const StopSignals guard;
    for (;;) {
      if (stop_requested != 0 || input_error_ || other_error_) {
        stopping_ = true;
      }
      staff();
      if (workers_.empty()) {
        break;
      }
      listen();
      hooks_.tick();
    }
    if (input_error_) {
      throw InputError(*input_error_);
    }
    if (other_error_) {
      throw std::runtime_error(*other_error_);
    }
    const bool left = std::ranges::any_of(queues_, [](const auto& q) { return !q.second.empty(); });
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
      auto& queue = wanted(worker.group());
      const auto ahead = std::clamp<std::size_t>(queue.size() / (4 * jobs_), 1, kMostAhead);
      while (!queue.empty() && worker.outstanding().size() <= ahead) {
        worker.send(queue.front());
        queue.pop_front();
        static_cast<void>(wanted(worker.group()));
      }
      if (worker.outstanding().empty()) {
        worker.hang_up();
      }
    }
    while (!stopping_ && workers_.size() < jobs_) {
      const auto group = std::ranges::find_if(order_, [&](int g) { return !wanted(g).empty(); });
      if (group == order_.end()) {
        return;
      }
      auto& worker = workers_.emplace_back(*group, hooks_, workers_);
      worker.send(queues_.at(*group).front());
      queues_.at(*group).pop_front();
    }
  }

  // A group's tasks, the first of which is to be run.
  std::deque<int>& wanted(int group) {
    auto& queue = queues_.at(group);
    while (hooks_.wanted && !queue.empty() && !hooks_.wanted(queue.front())) {
      queue.pop_front();
    }
    return queue;
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
          handle(next->first, next->second);
        }
        if (!alive) {
          bury(*here);
          workers_.erase(here);
        }
      }
    }
  }

  void handle(const Header& header, const std::string& text) {
    if (header.kind == Kind::result) {
      hooks_.done(header.index, text);
    } else if (header.kind == Kind::input_error) {
      input_error_ = text;
    } else {
      other_error_ = text + " (in " + (header.index < 0 ? "the start" : hooks_.name(header.index)) + ")";
    }
  }

  void bury(Worker& worker) {
    const auto how = worker.obituary();
    abandoned_ = abandoned_ || !worker.outstanding().empty();
    if (!worker.outstanding().empty() && !stopping_ && !input_error_ && !other_error_) {
      other_error_ = "a worker " + how + " while it ran " + hooks_.name(worker.outstanding().front());
    }
  }

  const PoolHooks& hooks_;
  std::size_t jobs_;
  std::map<int, std::deque<int>> queues_;
  std::vector<int> order_;
  std::list<Worker> workers_;
  bool stopping_ = false;
  bool abandoned_ = false;
  std::optional<std::string> input_error_;
  std::optional<std::string> other_error_;
};

}  // namespace

// SA_RESETHAND lets a second signal kill. One that was ignored before, as under nohup, remains so.
StopSignals::StopSignals() {
  if (guards++ > 0) {
    return;
  }
  stop_requested = 0;
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], nullptr, &old_actions[i]);
    if (old_actions[i].sa_handler != SIG_IGN) {
      set_handler(kSignals[i], request_stop, static_cast<int>(SA_RESETHAND));
    }
  }
  ::sigaction(SIGPIPE, nullptr, &old_pipe_action);
  set_handler(SIGPIPE, SIG_IGN, 0);
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

PoolEnd run_pool(const std::vector<Task>& tasks, int jobs, const PoolHooks& hooks) {
  return Pool(tasks, jobs, hooks).run();
}

int default_jobs() {
  cpu_set_t processors;
  CPU_ZERO(&processors);
  return ::sched_getaffinity(0, sizeof processors, &processors) == 0 ? CPU_COUNT(&processors) : 1;
}

}  // namespace fluence
