#include "session/engine_pair.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace fluence {

EnginePair::EnginePair(const Topology& net, const Session& session)
    : rtl_(session.make_rtl(net)),
      fast_(
          session.parameters(net), session.images(net), FastEngine::kDefaultCacheBytes,
          [&net] { return load_schedule(net); }, [rtl = rtl_] { return rtl; }) {}

void EnginePair::run(std::span<const Trial> trials, const Take& take, const CancelToken& cancel) {
  std::vector<TrialResult> fast;
  fast_.run(
      trials, [&](std::size_t, TrialResult result) { fast.push_back(std::move(result)); }, cancel);
  if (fast.size() == trials.size()) {
    rtl_->run(
        trials, [&](std::size_t i, const TrialResult& rtl) { take(i, fast[i], rtl); }, cancel);
  }
}

std::string difference_of(const TrialResult& fast, const TrialResult& rtl, int row) {
  const auto first = std::ranges::mismatch(fast.scores, rtl.scores).in1 - fast.scores.begin();
  if (first < std::ssize(fast.scores)) {
    return fmt::format("differs from image {} on", first / row);
  }
  if (fast.images_done != rtl.images_done || fast.hang != rtl.hang) {
    return fmt::format("finishes {} images on fast and {} on rtl", fast.images_done, rtl.images_done);
  }
  for (std::size_t i = 0; i < std::min(fast.events.size(), rtl.events.size()); ++i) {
    const auto &one = fast.events[i], &other = rtl.events[i];
    if (one != other) {
      return fmt::format(
          "meets {} corrected and {} detected errors in {} of layer {} on fast, {} and {} on rtl",
          one.corrected, one.detected, i % 2 == 0 ? "weights" : "thresholds", i / 2, other.corrected,
          other.detected);
    }
  }
  return "";
}

}  // namespace fluence
