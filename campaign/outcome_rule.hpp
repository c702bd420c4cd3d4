// What a campaign may say of outcomes: when an image is critical, and which scores its host takes for
// plausible. Docs: docs/results.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "network/decision.hpp"

namespace fluence {

/// A class as a specification names it, by number or by name.
struct NamedClass {
  int number = 0;
  std::string name{};  ///< empty: by number
  bool operator==(const NamedClass&) const = default;
};

/// Which of the images whose scores differ from the fault-free ones are critical.
struct CriticalRule {
  enum class Kind : std::uint8_t {
    other_class,  ///< those of another class
    pairs,        ///< one of these classes without faults and another one of these with them
    top,          ///< whose fault-free class is no longer among the `number` highest
    margin  ///< of another class, or whose class now leads by less than `number`, and did not before
  };
  using Pair = std::pair<int, int>;          ///< class without faults, class with them
  static constexpr int kAny = -1;            ///< any other class
  static constexpr int kMostMargin = 65535;  ///< how far scores can be apart

  Kind kind = Kind::other_class;
  int number = 0;
  std::vector<Pair> pairs{};                               ///< ascending
  std::vector<std::pair<NamedClass, NamedClass>> named{};  ///< pairs that are not resolved yet

  bool operator==(const CriticalRule&) const = default;
  /// "class", "pairs 14>1 14>*", "top 3" or "margin 10", as results keep it. Of a resolved rule.
  [[nodiscard]] std::string text() const;
  /// The rule of such a text. Throws InputError if it is none.
  static CriticalRule parse(const std::string& text);

  /// Turns names into numbers. Throws InputError, in a sentence that names the possible classes, if a
  /// class of a pair is none of a network's, or its decision knows no order of classes where one is
  /// needed. `classes`: their names, of which some may be empty.
  void resolve(const std::vector<std::string>& classes, const Decider& decider);

  /// Whether an image is critical, by scores that differ from the fault-free ones.
  [[nodiscard]] bool operator()(std::span<const Score> scores, std::span<const Score> fault_free,
                                const Decider& decider) const;
};

/// Scores that a host takes for plausible.
struct ScoreRange {
  int least = 0, most = 0;
  bool operator==(const ScoreRange&) const = default;

  /// "0 to 512", as results keep it.
  [[nodiscard]] std::string text() const;
  /// Throws InputError if it is no such text.
  static ScoreRange parse(const std::string& text);
  /// Whether scores of classes lie within it.
  [[nodiscard]] bool holds(std::span<const Score> scores) const;
};

/// All that outcomes are told by.
struct OutcomeRule {
  CriticalRule critical{};
  std::optional<ScoreRange> plausible{};
  /// Cycles that a run may take longer than one without faults before it hangs; 0: as the engine has it.
  std::uint64_t watchdog = 0;
  bool operator==(const OutcomeRule&) const = default;
};

}  // namespace fluence
