#include "platform/fate_observer.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <utility>

namespace fluence {
namespace {

std::uint64_t time_of(const Fault& fault) {
  return fault.cycle ? *fault.cycle : static_cast<std::uint64_t>(*fault.before_image);
}

// The time of the first upset of control; from then on a run may be disturbed.
std::uint64_t first_in_control(const FaultCase& trial) {
  auto first = std::numeric_limits<std::uint64_t>::max();
  for (const auto& fault : trial.faults) {
    if (fault.site.space == Space::control) {
      first = std::min(first, time_of(fault));
    }
  }
  return first;
}

}  // namespace

std::vector<Fate> FateObserver::between_images(const FaultCase& trial) const {
  std::vector<Fate> fates;
  const auto known_before = first_in_control(trial);
  std::vector<Transient> ignored;
  for (const auto& fault : trial.faults) {
    fates.push_back(
        time_of(fault) < known_before
            ? lifetimes_.follow(fault, counts_.after(*fault.before_image), trial.images, ignored)
            : Fate::unknown);
  }
  return fates;
}

void FateObserver::watch(Accelerator& accelerator, const FaultCase& trial,
                         std::vector<Fate>& fates) const {
  std::map<std::uint64_t, std::vector<std::size_t>> at_cycle;
  for (std::size_t i = 0; i < trial.faults.size(); ++i) {
    at_cycle[time_of(trial.faults[i])].push_back(i);
  }
  at_cycle.erase(at_cycle.lower_bound(first_in_control(trial)), at_cycle.end());
  std::deque<std::uint64_t> cycles;
  for (const auto& [cycle, faults] : at_cycle) {
    cycles.push_back(cycle);
  }
  fates.assign(trial.faults.size(), Fate::unknown);
  accelerator.stop_at(std::move(cycles), [&, at_cycle = std::move(at_cycle)](std::uint64_t cycle) {
    const auto counts = counts_.read(accelerator.model());
    std::vector<Transient> ignored;
    for (const auto i : at_cycle.at(cycle)) {
      fates[i] = lifetimes_.follow(trial.faults[i], counts, trial.images, ignored);
    }
  });
}

}  // namespace fluence
