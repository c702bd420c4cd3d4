#include "rtl/memory_cell/memory_cell.hpp"

#include <algorithm>
#include <cstdint>

#include "base/bits.hpp"
#include "codec/memory_cell.hpp"

namespace fluence {
namespace {

// A constant of so many bits, least significant limb first.
std::string constant(int bits, const std::vector<std::uint64_t>& limbs) {
  std::string text;
  for (const auto limb : limbs) {
    std::string digits;
    for (int shift = 60; shift >= 0; shift -= 4) {
      digits += "0123456789abcdef"[limb >> shift & 15];
    }
    text.insert(0, digits);
  }
  return std::to_string(bits) + "'h" + text;
}

// Masks of `bits` bits each, side by side, the first one lowest.
std::vector<std::uint64_t> packed(const std::vector<std::vector<std::uint64_t>>& masks, int bits) {
  std::vector<std::uint64_t> limbs(index(limbs_of(static_cast<int>(masks.size()) * bits)));
  int at = 0;
  for (const auto& mask : masks) {
    for (int bit = 0; bit < bits; ++bit, ++at) {
      put_bits(limbs, at, 1, take_bits(mask, bit, 1));
    }
  }
  return limbs;
}

}  // namespace

bool has_memory_cell(const Codec& codec) {
  return dynamic_cast<const MemoryCellCodec*>(&codec) != nullptr;
}

std::vector<std::pair<std::string, ParameterValue>> memory_cell_parameters(const std::string& prefix,
                                                                           const Codec& codec,
                                                                           int bits) {
  const auto table = dynamic_cast<const MemoryCellCodec&>(codec).cell_table(bits);
  std::vector<std::pair<std::string, ParameterValue>> parameters;
  const auto add = [&](const char* name, const ParameterValue& value, bool differs) {
    if (differs) {
      parameters.emplace_back(prefix + name, value);
    }
  };
  const bool checks = !table.masks.empty();
  add("Copies", codec.copies(), codec.copies() > 1);
  add("Checks", static_cast<int>(table.masks.size()), checks);
  constexpr int kLeastMaskBits = 1024;
  add("Masks",
      constant(std::max(static_cast<int>(table.masks.size()) * bits, kLeastMaskBits),
               packed(table.masks, bits)),
      checks);
  add("Corrects", 1, table.corrects);
  add("Repairs", 1, codec.repairs());
  add("Group", codec.words(), codec.words() > 1);
  add("Pattern", constant(128, {table.pattern}), table.pattern != 0);
  add("Clamps", 1, table.clamps);
  add("Least", constant(64, {table.least}), table.clamps);
  add("Most", constant(64, {table.most}), table.clamps);
  add("HostStored", 0, !codec.host_sees_stored());
  return parameters;
}

bool has_target_module(const Topology& net) {
  return std::ranges::any_of(net.layers, [](const Layer& layer) {
    return host_copies(*layer.weight_codec) > 1 || host_copies(*layer.threshold_codec) > 1;
  });
}

Topology with_own_codecs(Topology net) {
  for (auto& layer : net.layers) {
    layer.weight_codec = &find_codec(layer.weight_codec->name());
    layer.threshold_codec = &find_codec(layer.threshold_codec->name());
  }
  return net;
}

bool counts_accesses(const Codec& codec, int bits) {
  const auto* cell = dynamic_cast<const MemoryCellCodec*>(&codec);
  const bool sees = codec.copies() > 1 || codec.stored_bits(bits) > bits ||
                    (cell != nullptr && cell->cell_table(bits).clamps);
  return sees && !codec.repairs();
}

}  // namespace fluence
