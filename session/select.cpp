#include "session/select.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

#include "base/error.hpp"

namespace fluence {
namespace {

using Places = std::set<std::pair<Space, int>>;

std::size_t stops(const FaultCase& trial) {
  std::set<std::pair<std::int64_t, std::uint64_t>> times;
  for (const auto& fault : trial.faults) {
    times.emplace(fault.before_image.value_or(-1), fault.cycle.value_or(0));
  }
  return times.size();
}

Places places(const FaultCase& trial) {
  Places result;
  for (const auto& fault : trial.faults) {
    result.emplace(fault.site.space, fault.site.layer);
  }
  return result;
}

}  // namespace

std::vector<ListedCase> select_cases(const std::vector<ListedCase>& cases, int count,
                                     const std::string& name) {
  const auto wanted = static_cast<std::size_t>(count);
  if (wanted > cases.size()) {
    throw InputError("--select asks for " + std::to_string(count) + " cases where " + name + " holds " +
                     std::to_string(cases.size()) + ": ask for fewer");
  }
  std::vector<std::size_t> order(cases.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(
      order, {}, [&](std::size_t i) { return std::pair(stops(cases[i].trial), cases[i].trial.images); });
  Places open;
  for (const auto& listed : cases) {
    open.merge(places(listed.trial));
  }
  std::set<std::size_t> chosen;
  for (const auto i : order) {
    if (std::erase_if(open,
                      [seen = places(cases[i].trial)](const auto& p) { return seen.contains(p); }) > 0) {
      chosen.insert(i);
    }
  }
  if (chosen.size() > wanted) {
    throw InputError("--select " + std::to_string(count) + " cannot cover all layers and spaces of " +
                     name + ": ask for " + std::to_string(chosen.size()) + " or more");
  }
  for (const auto i : order) {
    if (chosen.size() < wanted) {
      chosen.insert(i);
    }
  }
  std::vector<ListedCase> result;
  for (const auto i : chosen) {
    result.push_back(cases[i]);
  }
  return result;
}

}  // namespace fluence
