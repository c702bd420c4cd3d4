// When a scenario's trials have told enough: sequential stopping. Docs: docs/statistics.md.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace fluence {

/// How well a scenario's mean accuracy is to be known.
struct Target {
  double margin = 0;         ///< half the width of its interval, points
  double confidence = 0.95;  ///< of the interval
};

/// Decides after every `kStep` trials, in the order of their numbers, whether they were enough. So what
/// is decided depends on the trials' results alone, whoever runs them in whatever order.
///
/// They are if z^2 (s^2 + 1/n) / n <= margin^2 (Chow & Robbins, Ann. Math. Stat. 36, 1965), with
/// Student's t for z, s the sample deviation of accuracy in points, and n no less than `kLeast`. The 1/n
/// and the least number keep a scenario from ending because its first trials happen to be alike. Trials
/// that could not be evaluated are in none of these.
class Stopping {
 public:
  static constexpr int kStep = 50;
  static constexpr int kLeast = 200;

  /// Without a target, all trials are needed. `most`: trials; `images`: of each.
  Stopping(const std::optional<Target>& target, int most, int images);

  /// Takes the result of trial `number`, which is below `needed()` and comes once; none if it could not
  /// be evaluated.
  void add(int number, std::optional<int> correct);

  /// So many trials are needed, as far as is known; the final number if `ended()`.
  [[nodiscard]] int needed() const { return needed_; }
  /// Enough, before the last trial.
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  [[nodiscard]] bool enough() const;

  std::optional<Target> target_;
  int most_;
  int images_;
  int needed_;
  int known_ = 0;      ///< results taken
  int evaluated_ = 0;  ///< those of them that are one
  bool ended_ = false;
  std::int64_t sum_ = 0, squares_ = 0;  ///< of correct images
};

}  // namespace fluence
