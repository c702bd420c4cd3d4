// The parameter words of a network as the accelerator stores them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

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

/// What the host writes into a word to load it, or into the 64 bits that hold the site's bit of a wider
/// one.
inline std::uint64_t host_word(const Parameters& parameters, const Site& site) {
  const auto& codec = codec_of(*parameters.net, site);
  return !is_plain(codec) && codec.host_sees_stored() ? StoredGroup(parameters, site).stored(site)
                                                      : parameter_word(parameters, site);
}

/// Words of weights are written and read by slices of 64 bits: calls visit(site) for the first bit of
/// each slice of the site's word.
template <class Visit>
void for_each_slice(const Topology& net, Site word, Visit visit) {
  const int slices = word.space == Space::weights ? net.layer(word.layer).weight_limbs() : 1;
  for (int slice = 0; slice < slices; ++slice) {
    word.bit = slice * kWordBits;
    visit(word);
  }
}

/// What the register that selects a threshold must say: of weights, which slice.
inline std::uint32_t thresh_register(const Site& site) {
  return static_cast<std::uint32_t>(site.space == Space::weights ? site.bit / kWordBits : site.thresh);
}

/// Calls visit(site, address, bits, stored) for every stored word: what is in it, in limbs, if the
/// datapath is given those parameters.
template <class Visit>
void for_each_stored_word(const SiteMap& sites, const Parameters& parameters, Visit visit) {
  for_each_parameter_word(sites, [&](const Site& site, std::uint64_t address, int bits) {
    const auto& array = sites.array_of(site);
    std::vector<std::uint64_t> limbs(index(limbs_of(bits)));
    const auto fill = [&](auto limb_at) {
      for (auto at = site; at.bit < bits; at.bit += kWordBits) {
        limbs[index(at.bit / kWordBits)] = limb_at(at) & low_bits(std::min(bits - at.bit, kWordBits));
      }
      return std::span<const std::uint64_t>(limbs);
    };
    if (array.cell.empty()) {
      visit(site, address, bits, fill([&](const Site& at) { return parameter_word(parameters, at); }));
      return;
    }
    const StoredGroup group(parameters, site);
    for (auto stored = site; stored.copy < array.copies; ++stored.copy) {
      visit(stored, sites.address(stored), bits, fill([&](Site at) {
              at.copy = stored.copy;
              return group.stored(at);
            }));
    }
  });
}

}  // namespace fluence
