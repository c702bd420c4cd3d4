#include "platform/trial.hpp"

#include <algorithm>
#include <string>
#include <tuple>

#include "base/error.hpp"
#include "platform/memory_map.hpp"

namespace fluence {

void check_images_fit(const Topology& net, int count) {
  if (const int most = most_images(net); count > most) {
    throw InputError(std::to_string(count) + " images do not fit in the platform's memory: use " +
                     std::to_string(most) + " or fewer");
  }
}

Flip flip_of(const Fault& fault, Semantics semantics, const SiteMap& sites) {
  const auto bits = flipped_bits(fault, sites.array_of(fault.site).bits, semantics);
  auto site = fault.site;
  site.bit = bits.front();
  std::uint64_t mask = 0;
  for (const int bit : bits) {
    mask |= std::uint64_t{1} << (bit - site.bit);
  }
  return {sites.address(site), mask};
}

std::vector<ChangeBetweenImages> changes_between_images(const FaultCase& trial) {
  std::vector<ChangeBetweenImages> changes;
  for (const auto& fault : trial.faults) {
    changes.push_back({static_cast<int>(*fault.before_image), &fault, false});
    if (fault.end() < static_cast<std::uint64_t>(trial.images)) {
      changes.push_back({static_cast<int>(fault.end()), &fault, true});
    }
  }
  std::ranges::stable_sort(changes, {}, [](const ChangeBetweenImages& change) {
    const bool stuck = is_stuck(change.fault->kind);
    return std::tuple(change.image, !stuck ? 1 : change.end ? 0 : 2);
  });
  return changes;
}

}  // namespace fluence
