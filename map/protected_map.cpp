#include "map/protected_map.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <optional>
#include <string>

#include "base/bits.hpp"
#include "base/error.hpp"

namespace fluence {
namespace {

Parameters on(const Topology& net, Parameters parameters) {
  parameters.net = &net;
  return parameters;
}

std::vector<Space> spaces_of(const MapLayout& layout) {
  std::vector<Space> spaces;
  for (const auto& region : layout.regions()) {
    if (std::ranges::find(spaces, region.space) == spaces.end()) {
      spaces.push_back(region.space);
    }
  }
  return spaces;
}

std::vector<int> layers_of(const MapLayout& layout) {
  std::vector<int> layers;
  for (const auto& region : layout.regions()) {
    if (std::ranges::find(layers, region.layer) == layers.end()) {
      layers.push_back(region.layer);
    }
  }
  return layers;
}

void invert(std::span<std::uint64_t> limbs, int bit, int count) {
  for (int i = bit; i < bit + count; ++i) {
    limbs[index(i / kWordBits)] ^= std::uint64_t{1} << (i % kWordBits);
  }
}

constexpr int kNothing = -1;
constexpr int kNoOneFault = -2;

// The first bit of that fault, `fault_bits` wide, which makes `now` of a value of so many bits; or one
// of these.
int changed_fault(std::span<const std::uint64_t> value, std::span<const std::uint64_t> now, int bits,
                  int fault_bits) {
  int first = kNothing;
  for (int bit = 0; bit < bits; ++bit) {
    const auto limb = index(bit / kWordBits);
    const bool is_changed = ((value[limb] ^ now[limb]) >> (bit % kWordBits) & 1) != 0;
    if (is_changed && first == kNothing) {
      if (bit % fault_bits != 0) {
        return kNoOneFault;
      }
      first = bit;
    }
    if (is_changed != (first != kNothing && bit < first + fault_bits)) {
      return kNoOneFault;
    }
  }
  return first;
}

bool is_as_it_is(const Codec& codec) { return is_plain(codec) || codec.stores_numbers(); }

}  // namespace

Topology without_codecs(Topology net) {
  for (auto& layer : net.layers) {
    for (auto* codec : {&layer.weight_codec, &layer.threshold_codec}) {
      *codec = is_as_it_is(**codec) ? *codec : &plain_codec();
    }
  }
  return net;
}

bool ProtectedMap::is_for(const MapLayout& layout) {
  return std::ranges::any_of(layout.regions(), [&](const MapRegion& region) {
    return !is_as_it_is(codec_of(layout.net(), {region.space, region.layer}));
  });
}

ProtectedMap::ProtectedMap(const Parameters& parameters, const MapLayout& layout, Counted counted)
    : net_(without_codecs(*parameters.net)),
      parameters_(on(net_, parameters)),
      layout_(net_, layout.mode(), spaces_of(layout), layers_of(layout)),
      values_(make_image_map(parameters_, layout_, counted)),
      fault_of_(layout.size()),
      counts_(layout_.size()) {
  for (const auto& region : layout.regions()) {
    find_faults(parameters, layout, region);
  }
}

void ProtectedMap::find_faults(const Parameters& parameters, const MapLayout& layout,
                               const MapRegion& region) {
  const auto& codec = codec_of(layout.net(), {region.space, region.layer});
  const auto& values = *layout_.find(region.space, region.layer);
  if (is_as_it_is(codec)) {
    std::iota(&fault_of_[region.first], &fault_of_[region.first] + region.size(),
              static_cast<std::uint32_t>(values.first + 1));
    return;
  }
  layout.for_each(region, [&](const Site& site, std::size_t) {
    if (site.copy == 0 && site.bit == 0 && site.index % codec.words() == 0) {
      find_faults(StoredGroup(parameters, site), layout, region, values);
    }
  });
}

// Hits each bit, or group of bits, of a code word alone, and looks what an access then gives.
void ProtectedMap::find_faults(const StoredGroup& group, const MapLayout& layout,
                               const MapRegion& region, const MapRegion& values) {
  const auto& codec = group.codec();
  std::vector<std::uint64_t> given;
  for (std::size_t word = 0; word < group.words(); ++word) {
    std::ranges::copy(group.given(word), std::back_inserter(given));
  }
  const auto limbs = given.size() / group.words();
  const auto stored_limbs = index(limbs_of(region.word_bits));
  std::vector<std::uint64_t> stored(group.words() * index(codec.copies()) * stored_limbs);
  codec.encode(given, values.word_bits, stored);
  auto now = given;
  for (int copy = 0; copy < codec.copies(); ++copy) {
    for (std::size_t word = 0; word < group.words(); ++word) {
      auto site = group.site(word, copy);
      const auto limb = (index(copy) * group.words() + word) * stored_limbs;
      const std::span stored_word(&stored[limb], stored_limbs);
      for (; site.bit < region.word_bits; site.bit += layout.fault_bits()) {
        invert(stored_word, site.bit, std::min(layout.fault_bits(), region.word_bits - site.bit));
        codec.decode(stored, values.word_bits, now);
        invert(stored_word, site.bit, std::min(layout.fault_bits(), region.word_bits - site.bit));
        std::optional<Site> changed;
        bool is_one = true;
        for (std::size_t i = 0; i < group.words(); ++i) {
          const auto bit = changed_fault({&given[i * limbs], limbs}, {&now[i * limbs], limbs},
                                         values.word_bits, layout.fault_bits());
          is_one = is_one && bit != kNoOneFault && (bit == kNothing || !changed);
          if (bit >= 0) {
            changed = group.site(i);
            changed->bit = bit;
          }
        }
        if (!is_one) {
          throw InputError("of " + stored_by(layout.net(), site) + " a fault of mode " +
                           std::string(to_string(layout.mode())) +
                           " changes other bits than one such fault of a value, which a map does not "
                           "know: use mode seu, other layers, or 'fluence run'");
        }
        fault_of_[layout.number(region, site)] =
            changed ? static_cast<std::uint32_t>(layout_.number(values, *changed) + 1) : 0;
      }
    }
  }
}

void ProtectedMap::add(const Image& image, std::span<BlockCounts> counts) {
  std::ranges::fill(counts_, BlockCounts{0});
  values_->add(image, counts_);
  for (std::size_t number = 0; number < fault_of_.size(); ++number) {
    counts[number] += fault_of_[number] == 0 ? 0 : counts_[fault_of_[number] - 1];
  }
}

}  // namespace fluence
