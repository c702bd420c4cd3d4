#include "python/long_call.hpp"

#include <signal.h>

#include <mutex>
#include <stdexcept>

namespace fluence::python {
namespace {

std::recursive_mutex at_work;

}  // namespace

Turn::Turn() {
  if (!at_work.try_lock()) {
    throw std::runtime_error(
        "another thread is in a call of fluence: wait for its end, or use another process");
  }
}

Turn::~Turn() { at_work.unlock(); }

Interruptible::~Interruptible() {
  const int came = StopSignals::first();
  signals_.reset();
  if (came != 0) {
    ::raise(came);
  }
}

void raise_interrupt(const std::string& sentence) {
  if (PyErr_CheckSignals() != 0 && PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) == 0) {
    throw py::error_already_set();
  }
  PyErr_Clear();
  PyErr_SetString(PyExc_KeyboardInterrupt, sentence.c_str());
  throw py::error_already_set();
}

ProgressSink Told::sink() {
  return [this](std::int64_t done, std::int64_t total, const std::string& text) {
    if (raised_ || callable_.is_none()) {
      return;
    }
    const py::gil_scoped_acquire lock;
    try {
      callable_(done, total, text);
    } catch (...) {
      raised_ = true;  // once is enough, also for what is told at the end
      throw;
    }
  };
}

}  // namespace fluence::python
