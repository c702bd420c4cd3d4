// The parameter words of a network as the accelerator stores them.
#pragma once

#include <cstdint>

#include "base/bits.hpp"
#include "fault/parameter_fault.hpp"
#include "fault/stored_group.hpp"
#include "network/parameters.hpp"
#include "rtl/sites.hpp"

namespace fluence {

/// Calls visit(site, address, bits) for every parameter word.
template <class Visit>
void for_each_parameter_word(const SiteMap& sites, Visit visit) {
  for (const auto& array : sites.arrays()) {
    if (array.space != Space::weights && array.space != Space::thresholds) {
      continue;
    }
    auto address = array.address;
    for (int module = 0; module < array.modules; ++module) {
      for (int index = 0; index < array.words; ++index) {
        for (int thresh = 0; thresh < array.threshes; ++thresh) {
          visit(Site{array.space, array.layer, array.first_module + module, index, thresh}, address,
                array.bits);
          address += static_cast<std::uint64_t>(array.bits);
        }
      }
    }
  }
}

/// What the host writes into a word to load it.
inline std::uint64_t host_word(const Parameters& parameters, const Site& site) {
  const auto& codec = codec_of(*parameters.net, site);
  return !is_plain(codec) && codec.host_sees_stored() ? StoredGroup(parameters, site).stored(site)
                                                      : parameter_word(parameters, site);
}

/// Calls visit(site, address, bits, stored) for every stored word: what is in it if the datapath is
/// given those parameters.
template <class Visit>
void for_each_stored_word(const SiteMap& sites, const Parameters& parameters, Visit visit) {
  for_each_parameter_word(sites, [&](const Site& site, std::uint64_t address, int bits) {
    const auto& array = sites.array_of(site);
    if (!array.cells) {
      visit(site, address, bits, parameter_word(parameters, site) & low_bits(bits));
      return;
    }
    const StoredGroup group(parameters, site);
    for (auto stored = site; stored.copy < array.copies; ++stored.copy) {
      visit(stored, sites.address(stored), bits, group.stored(stored));
    }
  });
}

}  // namespace fluence
