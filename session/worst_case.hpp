// The search for the worst bits (attack/attack.hpp) on a session's inputs, and what its finds are
// compared with.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "attack/attack.hpp"
#include "fault/fast_engine.hpp"
#include "session/session.hpp"

namespace fluence {

/// Of accuracies, in per cent of images.
struct Found {
  Attack attack;
  double fault_free = 0;           ///< on all images
  std::vector<double> accuracies;  ///< likewise, with each bit and those before it
};

/// The worst of random trials.
struct WorstOfRandom {
  double searched = 0;  ///< on the images searched on, by which it is the worst
  double all = 0;
};

/// The trial of a campaign that lost most.
struct WorstStored {
  std::string text;  ///< "scenario 3, weights layers all, trial 7"
  int trials = 0;    ///< that it is the worst of
  double accuracy = 0, loss = 0;
};

struct WorstCaseHooks {
  /// A bit was found: how many there are, and the accuracy on the images searched on.
  std::function<void(std::size_t bits, double searched)> found{};
  /// Several times a second: evaluations or trials done.
  std::function<void(std::int64_t done)> tick{};
};

class WorstCase {
 public:
  /// Searches on the first images alone, and shows on all what it finds. The session must stay. Throws
  /// InputError if it has fewer.
  WorstCase(const Session& session, const Topology& net, int images_searched);

  /// Writes the bits to `list`, if it is not empty, as a fault list with the scores that they give, anew
  /// with each that is found.
  Found search(const AttackPlan& plan, const std::string& list, const WorstCaseHooks& hooks);
  /// Nothing if it was interrupted.
  std::optional<WorstOfRandom> random(const AttackPlan& plan, int trials, const WorstCaseHooks& hooks);
  /// The worst trial of so many single-bit upsets in the results of a campaign. Throws InputError if
  /// there is none, or its inputs were others.
  [[nodiscard]] WorstStored stored(const std::string& folder, int upsets) const;

 private:
  /// On all images.
  TrialResult run(const FaultCase& faults);
  [[nodiscard]] double accuracy(const TrialResult& result) const;

  const Session& session_;
  const Topology& net_;
  ImageSet searched_;
  FastEngine engine_;
};

}  // namespace fluence
