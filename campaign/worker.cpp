#include "campaign/worker.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <stdexcept>
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

// A batch's results are megabytes that the next batch asks for again: their pages are kept meanwhile.
void keep_freed_pages() {
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 512 << 20);
}

void answer(int fd, Worker::Kind kind, int index, const std::string& text) {
  const Header header{kind, index, text.size()};
  if (!write_all(fd, std::string(reinterpret_cast<const char*>(&header), sizeof header) + text)) {
    ::_exit(1);  // nobody listens any more
  }
}

// False at the end, of whatever is left of it.
bool read_all(int fd, void* to, std::size_t size) {
  for (auto* at = static_cast<char*>(to); size > 0;) {
    const auto n = ::read(fd, at, size);
    if (n <= 0 && !(n < 0 && errno == EINTR)) {
      return false;
    }
    at += std::max<ssize_t>(n, 0);
    size -= static_cast<std::size_t>(std::max<ssize_t>(n, 0));
  }
  return true;
}

// The next batch: how many tasks, and which. Empty at the end.
std::vector<int> read_batch(int requests) {
  std::uint32_t count = 0;
  std::vector<int> batch;
  if (read_all(requests, &count, sizeof count)) {
    batch.resize(count);
    if (!read_all(requests, batch.data(), count * sizeof batch[0])) {
      batch.clear();
    }
  }
  return batch;
}

// The life of a worker process. The parent hangs up to end it, also when requests are still in the pipe.
[[noreturn]] void serve(int requests, int answers, int group, const PoolHooks& hooks,
                        const CancelToken& cancel) {
  int index = -1;
  try {
    const auto runner = hooks.start(group);
    answer(answers, Worker::Kind::ready, index, "");
    while (!cancel.cancelled()) {
      pollfd waiting{requests, POLLIN, 0};
      if (::poll(&waiting, 1, -1) < 0 && errno == EINTR) {
        continue;
      }
      const auto batch = (waiting.revents & POLLHUP) != 0 ? std::vector<int>() : read_batch(requests);
      if (batch.empty()) {
        break;
      }
      auto next = batch.begin();
      index = *next;
      const auto deliver = [&](int done, const std::string& result) {
        if (next == batch.end() || *next != done) {
          throw std::logic_error("it answers out of order");
        }
        answer(answers, Worker::Kind::result, done, result);
        index = ++next == batch.end() ? done : *next;
      };
      runner->run(batch, deliver, cancel);
      if (next != batch.end() && !cancel.cancelled()) {
        throw std::logic_error("it leaves tasks of a batch out");
      }
    }
  } catch (const InputError& e) {
    answer(answers, Worker::Kind::input_error, index, e.what());
  } catch (const std::exception& e) {
    answer(answers, Worker::Kind::other_error, index, e.what());
  }
  ::_exit(0);
}

}  // namespace

SharedFlag::SharedFlag() {
  void* page = ::mmap(nullptr, sizeof *flag_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(), "cannot share memory with a worker");
  }
  flag_ = new (page) std::atomic<bool>(false);
}

SharedFlag::~SharedFlag() { ::munmap(flag_, sizeof *flag_); }

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
    keep_freed_pages();
    for (const auto& other : others) {  // else they would not see the parent hang up
      ::close(other.requests_);
      ::close(other.answers_);
    }
    ::close(requests[1]);
    ::close(answers[0]);
    serve(requests[0], answers[1], group, hooks, cancelled_.token());
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

double Worker::processor_seconds() const {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &time) != 0) {
    return worked_;  // it has just ended
  }
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// With a part of its answer here, a task is done.
bool Worker::has_run(std::chrono::duration<double> time, Clock::time_point now) const {
  return ready_ && !outstanding_.empty() && buffer_.empty() && now - since_ > time;
}

void Worker::send(const std::vector<int>& batch) {
  if (outstanding_.empty()) {
    since_ = begun_ = Clock::now();
    worked_ = processor_seconds();
  }
  outstanding_.insert(outstanding_.end(), batch.begin(), batch.end());
  batches_.push_back({batch.size(), batch.size()});
  const auto count = static_cast<std::uint32_t>(batch.size());
  // If the worker is dead, reading from it will tell.
  static_cast<void>(write_all(
      requests_,
      std::string(reinterpret_cast<const char*>(&count), sizeof count) +
          std::string(reinterpret_cast<const char*>(batch.data()), batch.size() * sizeof batch[0])));
}

void Worker::hang_up() {
  if (requests_ >= 0) {
    ::close(std::exchange(requests_, -1));
  }
}

void Worker::cancel() {
  cancelled_.raise();
  hang_up();
  if (!ready_) {
    ::kill(pid_, SIGKILL);  // there is nothing to lose yet
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
    since_ = begun_ = Clock::now();
    worked_ = processor_seconds();
  } else if (header.kind == Kind::result) {
    outstanding_.pop_front();  // a worker answers in order
    since_ = Clock::now();
    if (auto& batch = batches_.front(); --batch.left == 0) {
      const double worked = processor_seconds();
      pace_ = {batch.tasks, std::chrono::duration<double>(since_ - begun_).count(), worked - worked_};
      begun_ = since_;
      worked_ = worked;
      batches_.pop_front();
    }
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
