#include "platform/fate_observer.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <utility>

#include "fault/stored_group.hpp"

namespace fluence {
namespace {

// The time of the first fault of control; from then on a run may be disturbed.
std::uint64_t first_in_control(const FaultCase& trial) {
  auto first = Fault::kForever;
  for (const auto& fault : trial.faults) {
    if (fault.site.space == Space::control) {
      first = std::min(first, fault.begin());
    }
  }
  return first;
}

// What of a trial is looked at in one cycle.
struct Stop {
  std::vector<std::size_t> begins, ends;  // faults
  std::vector<std::size_t>
      nexts;  // those that began in the cycle before, in memories read synchronously
};

// Whether it takes the counts of the next cycle, too, to know which accesses meet a flip.
bool needs_next_cycle(const Topology& net, const Site& site) {
  return site.space == Space::read ||
         (is_parameter(site.space) && is_synchronous(net.layer(site.layer), site.space));
}

}  // namespace

std::vector<Fate> FateObserver::between_images(const FaultCase& trial) const {
  std::vector<Fate> fates;
  const auto known_before = first_in_control(trial);
  std::vector<Transient> ignored;
  for (const auto& fault : trial.faults) {
    const auto images = static_cast<std::uint64_t>(trial.images);
    const auto end = last_cycle(fault) ? std::min(fault.end(), images) : fault.begin();
    fates.push_back(fault.begin() < known_before && end <= known_before
                        ? lifetimes_.follow(fault, counts_.after(*fault.before_image),
                                            counts_.after(static_cast<std::int64_t>(end)), trial.images,
                                            ignored)
                        : Fate::unknown);
  }
  return fates;
}

void FateObserver::meet(std::size_t fault, const Site& site, const StageCounts& before,
                        const StageCounts& after) {
  meetings_[fault] = meetings(parameters_, site, counts_.unit(site.layer), before, after);
}

void FateObserver::watch(Accelerator& accelerator, const FaultCase& trial, std::uint64_t run_length,
                         std::uint64_t from, std::vector<Fate>& fates) {
  meetings_.clear();
  std::map<std::uint64_t, Stop> stops;
  const auto known_before = first_in_control(trial);
  for (std::size_t i = 0; i < trial.faults.size(); ++i) {
    const auto& fault = trial.faults[i];
    const bool ahead = needs_next_cycle(*parameters_.net, fault.site);
    const auto last = ahead ? fault.begin() + 1 : last_cycle(fault).value_or(fault.begin());
    if (fault.begin() >= from && fault.begin() < known_before &&
        std::min(last, run_length) < known_before) {
      stops[fault.begin()].begins.push_back(i);
      if (ahead && last < run_length) {
        stops[last].nexts.push_back(i);
      } else if (last < run_length && !in_cell(*parameters_.net, fault.site)) {
        stops[last].ends.push_back(i);
      }
    }
  }
  std::deque<std::uint64_t> cycles;
  for (const auto& [cycle, stop] : stops) {
    cycles.push_back(cycle);
  }
  const auto at_cycle = [&, run_length, stops = std::move(stops),
                         begun = std::map<std::size_t, std::shared_ptr<const ObservedCounts>>()](
                            std::uint64_t cycle) mutable {
    const std::shared_ptr<const ObservedCounts> counts(
        new ObservedCounts(counts_.read(accelerator.model())));
    std::vector<Transient> ignored;
    const auto& stop = stops.at(cycle);
    for (const auto i : stop.begins) {
      const auto& site = trial.faults[i].site;
      begun.emplace(i, counts);
      if (in_cell(*parameters_.net, site)) {
        if (!needs_next_cycle(*parameters_.net, site)) {
          meet(i, site, *counts, *counts);
        } else if (cycle + 1 >= run_length) {
          meet(i, site, *counts, counts_.after(trial.images));
        }
        continue;
      }
      if (last_cycle(trial.faults[i]).value_or(0) >= run_length) {
        fates[i] = lifetimes_.follow(trial.faults[i], *counts, counts_.after(trial.images), trial.images,
                                     ignored);
      }
    }
    for (const auto i : stop.nexts) {
      meet(i, trial.faults[i].site, *begun.at(i), *counts);
      begun.erase(i);
    }
    for (const auto i : stop.ends) {
      fates[i] = lifetimes_.follow(trial.faults[i], *begun.at(i), *counts, trial.images, ignored);
      begun.erase(i);
    }
  };
  accelerator.stop_at(std::move(cycles), at_cycle);
}

std::vector<AccessEvents> FateObserver::protected_faults(const FaultCase& trial, Semantics semantics,
                                                         const std::vector<AccessEvents>& counted,
                                                         std::vector<Fate>& fates) const {
  if (!parameters_.net->has_cells()) {
    return {};
  }
  std::vector<std::size_t> faults;
  bool known = first_in_control(trial) == Fault::kForever;
  for (std::size_t i = 0; i < trial.faults.size(); ++i) {
    const auto& fault = trial.faults[i];
    if (in_cell(*parameters_.net, fault.site)) {
      faults.push_back(i);
      known = known && (fault.before_image || meetings_.contains(i));
    }
  }
  for (const auto i : faults) {
    fates[i] = known ? Fate::never_read : Fate::unknown;
  }
  if (!known) {
    return {};
  }
  std::vector<std::vector<Meeting>> met(trial.faults.size());
  for (const auto i : faults) {
    const auto& fault = trial.faults[i];
    met[i] =
        fault.before_image ? meetings(parameters_, fault.site, *fault.before_image) : meetings_.at(i);
  }
  auto events = follow_protected(trial, semantics, parameters_, met, fates).events;
  for (std::size_t place = 0; place < counted.size(); ++place) {
    if (shape_.counts(place)) {
      events[place] = counted[place];
    }
  }
  return events;
}

}  // namespace fluence
