#include "platform/trial.hpp"

#include <string>

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

}  // namespace fluence
