// Both engines on one network, and trials that are run on both.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "fault/fast_engine.hpp"
#include "platform/rtl_engine.hpp"
#include "session/session.hpp"

namespace fluence {

class EnginePair {
 public:
  /// The session must outlive the pair and stay.
  EnginePair(const Topology& net, const Session& session);

  [[nodiscard]] FastEngine& fast() { return fast_; }

  /// What a trial gave on either engine.
  using Take = std::function<void(std::size_t trial, const TrialResult& fast, const TrialResult& rtl)>;
  /// Takes each trial's results as the second of them is there; no more once `cancel` says so.
  void run(std::span<const Trial> trials, const Take& take, const CancelToken& cancel);

 private:
  std::shared_ptr<RtlEngine> rtl_;
  FastEngine fast_;
};

/// In what scores and end of a trial differ, "" if in nothing. `row`: how many scores an image has.
std::string difference_of(const TrialResult& fast, const TrialResult& rtl, int row);

}  // namespace fluence
