#include "campaign/worker.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "campaign/stop_signals.hpp"

namespace fluence {
namespace {

// Goes before the text of an answer.
struct Header {
  Worker::Kind kind{};
  std::int32_t index = 0;
  std::uint64_t size = 0;
};

void answer(int fd, Worker::Kind kind, int index, const std::string& text) {
  const Header header{kind, index, text.size()};
  if (!write_all(fd, {reinterpret_cast<const char*>(&header), sizeof header}) || !write_all(fd, text)) {
    ::_exit(1);  // nobody listens any more
  }
}

// The life of a worker process. The parent hangs up to end it, also when requests are still in the pipe.
[[noreturn]] void serve(int requests, int answers, int group, const PoolHooks& hooks) {
  int index = -1;
  try {
    const auto runner = hooks.start(group);
    answer(answers, Worker::Kind::ready, index, "");
    for (;;) {
      pollfd waiting{requests, POLLIN, 0};
      if (::poll(&waiting, 1, -1) < 0 && errno == EINTR) {
        continue;
      }
      if ((waiting.revents & POLLHUP) != 0 ||
          ::read(requests, &index, sizeof index) != static_cast<ssize_t>(sizeof index)) {
        ::_exit(0);
      }
      answer(answers, Worker::Kind::result, index, runner->run(index));
    }
  } catch (const InputError& e) {
    answer(answers, Worker::Kind::input_error, index, e.what());
  } catch (const std::exception& e) {
    answer(answers, Worker::Kind::other_error, index, e.what());
  }
  ::_exit(0);
}

}  // namespace

Worker::Worker(int group, const PoolHooks& hooks, const std::list<Worker>& others) : group_(group) {
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
    StopSignals::leave_to_parent();
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

Worker::~Worker() {
  hang_up();
  ::close(answers_);
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

// With a part of its answer here, a task is done.
bool Worker::has_run(std::chrono::duration<double> time, Clock::time_point now) const {
  return ready_ && !outstanding_.empty() && buffer_.empty() && now - since_ > time;
}

void Worker::send(int index) {
  if (outstanding_.empty()) {
    since_ = Clock::now();
  }
  outstanding_.push_back(index);
  // If the worker is dead, reading from it will tell.
  static_cast<void>(write_all(requests_, {reinterpret_cast<const char*>(&index), sizeof index}));
}

void Worker::hang_up() {
  if (requests_ >= 0) {
    ::close(std::exchange(requests_, -1));
  }
}

void Worker::kill(const std::string& why) {
  sentence_ = {outstanding_.front(), why};
  ::kill(pid_, SIGKILL);
}

bool Worker::receive() {
  std::array<char, 65536> block{};
  const auto n = ::read(answers_, block.data(), block.size());
  if (n > 0) {
    buffer_.append(block.data(), static_cast<std::size_t>(n));
  }
  return n > 0 || (n < 0 && errno == EINTR);
}

std::optional<Worker::Answer> Worker::take() {
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
  if (header.kind == Kind::ready) {
    ready_ = true;
    since_ = Clock::now();
  } else if (header.kind == Kind::result) {
    outstanding_.pop_front();  // a worker answers in order
    since_ = Clock::now();
  } else {
    sentence_ = {header.index, text};
  }
  return Answer{header.kind, header.index, std::move(text)};
}

Worker::End Worker::end() {
  int status = 0;
  ::waitpid(std::exchange(pid_, 0), &status, 0);
  const int task = ready_ && !outstanding_.empty() ? outstanding_.front() : -1;
  if (sentence_) {
    return {sentence_->task == task ? task : -1, sentence_->why};
  }
  if (WIFSIGNALED(status)) {
    return {task, std::string("its worker was killed by signal ") + std::to_string(WTERMSIG(status)) +
                      ", " + ::strsignal(WTERMSIG(status))};
  }
  return {task, "its worker ended with code " + std::to_string(WEXITSTATUS(status))};
}

}  // namespace fluence
