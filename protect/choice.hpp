// Which memories to protect, for a budget or for a target: exactly, for single faults.
//
// A single fault in a protected memory changes nothing, so that what a choice leaves is the sum over the
// memories that it does not protect. That is a knapsack, solved for all budgets at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fluence {

/// A memory as the choice sees it.
struct Candidate {
  std::uint64_t critical = 0;  ///< what it leaves unprotected
  long cost = 0;               ///< of its protection, in any unit; may be below 0
  bool can_be_protected = true;
};

/// A choice than which no other costs as little and leaves as little.
struct Choice {
  long cost = 0;
  std::uint64_t left = 0;           ///< critical
  std::vector<std::size_t> chosen;  ///< candidates, ascending
};

/// All best choices: the cheapest first, each leaving less than the one before. Throws InputError if
/// there are more than some millions.
class BestChoices {
 public:
  explicit BestChoices(std::span<const Candidate> candidates);

  [[nodiscard]] std::size_t size() const { return levels_.back().size(); }
  [[nodiscard]] long cost(std::size_t number) const { return levels_.back()[number].cost; }
  [[nodiscard]] std::uint64_t left(std::size_t number) const { return levels_.back()[number].left; }
  [[nodiscard]] Choice operator[](std::size_t number) const;

  /// That which leaves the least within a cost; the first one if even that costs more.
  [[nodiscard]] Choice within(long cost) const;
  /// The cheapest that leaves at most so much; the last one if none does.
  [[nodiscard]] Choice down_to(std::uint64_t left) const;

 private:
  struct State {
    long cost = 0;
    std::uint64_t left = 0;
    std::uint32_t before = 0;  ///< number of the state that it comes from, a level before
    bool chosen = false;
  };

  std::vector<std::vector<State>> levels_;  ///< after so many candidates
};

}  // namespace fluence
