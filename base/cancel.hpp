// A wish that long work ends, and how such work obeys it.
#pragma once

#include <atomic>

namespace fluence {

/// Thrown by work that ended because it was wished to. No error: nobody prints it.
struct Cancelled {};

/// What long work looks at. The flag is set by others: a thread, a signal handler or, if it lies in
/// memory that both share, a process. It must outlive the token.
class CancelToken {
 public:
  /// Nobody ever wishes it.
  CancelToken() = default;
  explicit CancelToken(const std::atomic<bool>& flag) : flag_(&flag) {}

  [[nodiscard]] bool cancelled() const {
    return flag_ != nullptr && flag_->load(std::memory_order_relaxed);
  }
  /// Throws Cancelled if so.
  void check() const {
    if (cancelled()) {
      throw Cancelled();
    }
  }

 private:
  const std::atomic<bool>* flag_ = nullptr;
};

}  // namespace fluence
