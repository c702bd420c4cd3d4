// Every best choice, against all choices.
#include "protect/choice.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "base/random.hpp"

namespace fluence {
namespace {

std::vector<Candidate> candidates_of(std::uint64_t seed, int number) {
  TrialRandom random(seed, 0, 0);
  std::vector<Candidate> candidates;
  for (int i = 0; i < number; ++i) {
    candidates.push_back(
        {random.below(20), static_cast<long>(random.below(30)) - 3, random.below(5) != 0});
  }
  return candidates;
}

// Of all subsets that `fits` takes, the least of `value`.
template <typename Fits, typename Value>
std::optional<long> least(const std::vector<Candidate>& candidates, Fits fits, Value value) {
  std::optional<long> best;
  for (unsigned set = 0; set < 1U << candidates.size(); ++set) {
    long cost = 0, left = 0;
    bool possible = true;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if ((set >> i & 1) != 0) {
        cost += candidates[i].cost;
        possible = possible && candidates[i].can_be_protected;
      } else {
        left += static_cast<long>(candidates[i].critical);
      }
    }
    if (possible && fits(cost, left) && (!best || value(cost, left) < *best)) {
      best = value(cost, left);
    }
  }
  return best;
}

TEST(BestChoices, LeaveTheLeastWithinEveryCost) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto candidates = candidates_of(seed, 9);
    const BestChoices choices(candidates);
    for (long budget = -30; budget < 200; ++budget) {
      const auto best = least(
          candidates, [&](long cost, long) { return cost <= budget; },
          [](long, long left) { return left; });
      const auto choice = choices.within(budget);
      if (best) {
        EXPECT_EQ(static_cast<long>(choice.left), *best) << "seed " << seed << " budget " << budget;
        EXPECT_LE(choice.cost, budget);
      } else {
        EXPECT_GT(choice.cost, budget);
      }
    }
  }
}

TEST(BestChoices, ReachEveryTargetAtTheLeastCost) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto candidates = candidates_of(seed, 9);
    const BestChoices choices(candidates);
    for (std::uint64_t target = 0; target < 120; ++target) {
      const auto best = least(
          candidates, [&](long, long left) { return left <= static_cast<long>(target); },
          [](long cost, long) { return cost; });
      const auto choice = choices.down_to(target);
      if (best) {
        EXPECT_EQ(choice.cost, *best) << "seed " << seed << " target " << target;
      } else {
        EXPECT_GT(choice.left, target);
      }
    }
  }
}

TEST(BestChoices, SayWhatTheyProtect) {
  const auto candidates = candidates_of(3, 12);
  const BestChoices choices(candidates);
  for (std::size_t number = 0; number < choices.size(); ++number) {
    const auto choice = choices[number];
    long cost = 0;
    std::uint64_t left = 0;
    std::vector<bool> chosen(candidates.size());
    for (const auto which : choice.chosen) {
      EXPECT_TRUE(candidates[which].can_be_protected);
      chosen[which] = true;
    }
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (chosen[i]) {
        cost += candidates[i].cost;
      } else {
        left += candidates[i].critical;
      }
    }
    EXPECT_EQ(cost, choice.cost);
    EXPECT_EQ(left, choice.left);
  }
}

TEST(BestChoices, ProtectNothingThatCostsAndBringsNothing) {
  const BestChoices choices(std::vector<Candidate>{{0, 5, true}, {7, 3, true}});
  EXPECT_EQ(choices.within(100).chosen, std::vector<std::size_t>{1});
}

}  // namespace
}  // namespace fluence
