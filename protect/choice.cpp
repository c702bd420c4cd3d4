#include "protect/choice.hpp"

#include <algorithm>
#include <tuple>

#include "base/error.hpp"

namespace fluence {
namespace {

constexpr std::size_t kMostStates = 4'000'000;

}  // namespace

BestChoices::BestChoices(std::span<const Candidate> candidates) {
  levels_.push_back({State{}});
  for (const auto& candidate : candidates) {
    std::vector<State> states;
    const auto& before = levels_.back();
    for (std::uint32_t i = 0; i < before.size(); ++i) {
      states.push_back({before[i].cost, before[i].left + candidate.critical, i, false});
      if (candidate.can_be_protected) {
        states.push_back({before[i].cost + candidate.cost, before[i].left, i, true});
      }
    }
    // What costs as much as another and leaves no less is in no best choice; of equal ones the one that
    // protects less stays.
    std::ranges::sort(states, {}, [](const State& state) {
      return std::tuple(state.cost, state.left, state.chosen, state.before);
    });
    std::vector<State> best;
    for (const auto& state : states) {
      if (best.empty() || state.left < best.back().left) {
        best.push_back(state);
      }
    }
    if (best.size() > kMostStates) {
      throw InputError("there are millions of best choices: map fewer layers (fluence map --layers)");
    }
    levels_.push_back(std::move(best));
  }
}

Choice BestChoices::operator[](std::size_t number) const {
  Choice choice{cost(number), left(number), {}};
  for (auto level = levels_.size() - 1; level > 0; --level) {
    const auto& state = levels_[level][number];
    if (state.chosen) {
      choice.chosen.insert(choice.chosen.begin(), level - 1);
    }
    number = state.before;
  }
  return choice;
}

Choice BestChoices::within(long cost) const {
  const auto& states = levels_.back();
  const auto after =
      std::ranges::upper_bound(states, cost, {}, [](const State& state) { return state.cost; });
  return (*this)[after == states.begin() ? 0 : static_cast<std::size_t>(after - states.begin()) - 1];
}

Choice BestChoices::down_to(std::uint64_t left) const {
  const auto& states = levels_.back();
  const auto found =
      std::ranges::find_if(states, [&](const State& state) { return state.left <= left; });
  return (*this)[found == states.end() ? states.size() - 1
                                       : static_cast<std::size_t>(found - states.begin())];
}

}  // namespace fluence
