// Calls from Python: one at a time, and how long ones obey Ctrl-C and tell how far they are.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "campaign/progress.hpp"
#include "campaign/stop_signals.hpp"
#include "python/native.hpp"

namespace fluence::python {

/// The library belongs to one thread at a time, which is that of the interpreter's lock but while a long
/// call has released it. Throws std::runtime_error if another thread is in one; the thread itself may
/// call again, from what it is told of progress.
class Turn {
 public:
  Turn();
  ~Turn();
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
};

/// While it lives, signals that ask to stop end pools of workers, and no second one kills: a notebook
/// has more to lose than the call. After it, what came is what Python's own handlers have it.
class Interruptible {
 public:
  Interruptible() = default;
  ~Interruptible();
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

 private:
  std::optional<StopSignals> signals_{std::in_place, false};
};

/// Does the work with other Python threads at theirs.
template <typename Work>
auto long_call(const Work& work) {
  const Turn turn;
  const Interruptible interruptible;
  const py::gil_scoped_release release;
  return work();
}

/// After a call that was interrupted: throws KeyboardInterrupt with that sentence, or what a handler of
/// the signal raises instead.
[[noreturn]] void raise_interrupt(const std::string& sentence);

/// Tells a callable of (done, total, text) how far a long call is; None: nobody. What it raises ends the
/// call. It must outlive the call.
class Told {
 public:
  explicit Told(py::object callable) : callable_(std::move(callable)) {}
  [[nodiscard]] ProgressSink sink();

 private:
  py::object callable_;
  bool raised_ = false;
};

}  // namespace fluence::python
