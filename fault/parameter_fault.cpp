#include "fault/parameter_fault.hpp"

#include <algorithm>
#include <cassert>

#include "base/bits.hpp"

namespace fluence {

std::uint64_t host_read(std::uint64_t stored, const Layer& layer, Space space) {
  if (space == Space::weights) {
    return stored;
  }
  const std::int64_t threshold = sign_extend(static_cast<std::uint32_t>(stored), layer.accumulator_bits);
  return static_cast<std::uint64_t>(threshold / (std::int64_t{1} << layer.fraction_bits));
}

std::uint64_t parameter_word(const Parameters& parameters, const Site& site) {
  if (site.space == Space::weights) {
    return parameters.weight(site.layer, site.module, site.index, site.bit / kWordBits);
  }
  const std::int64_t value = parameters.threshold(site.layer, site.module, site.index, site.thresh);
  return static_cast<std::uint64_t>(value);
}

std::uint64_t host_read(const Parameters& parameters, const Site& site) {
  return host_read(parameter_word(parameters, site), parameters.net->layer(site.layer), site.space);
}

std::uint64_t faulted_word(std::uint64_t stored, const Fault& fault, const Layer& layer, int word_bits,
                           Semantics semantics) {
  const auto word =
      semantics == Semantics::physical ? stored : host_read(stored, layer, fault.site.space);
  const int first = fault.site.bit / kWordBits * kWordBits;
  return (word ^ flipped_mask(fault, word_bits, semantics)) &
         low_bits(std::min(word_bits - first, kWordBits));
}

void apply_fault(Parameters& parameters, const Fault& fault, Semantics semantics) {
  const auto& site = fault.site;
  const auto& layer = parameters.net->layer(site.layer);
  assert(is_parameter(site.space));
  if (site.space == Space::weights) {
    auto& stored = parameters.weight(site.layer, site.module, site.index, site.bit / kWordBits);
    stored = faulted_word(stored, fault, layer, layer.weight_word_bits(), semantics);
    return;
  }
  auto& stored = parameters.threshold(site.layer, site.module, site.index, site.thresh);
  const auto word =
      faulted_word(static_cast<std::uint32_t>(stored), fault, layer, layer.accumulator_bits, semantics);
  stored = sign_extend(static_cast<std::uint32_t>(word), layer.accumulator_bits);
}

void set_bits(Parameters& parameters, const Site& site, std::uint64_t mask, std::uint64_t bits) {
  const auto put = [&](std::uint64_t word) { return (word & ~mask) | (bits & mask); };
  if (site.space == Space::weights) {
    auto& stored = parameters.weight(site.layer, site.module, site.index, site.bit / kWordBits);
    stored = put(stored);
    return;
  }
  auto& stored = parameters.threshold(site.layer, site.module, site.index, site.thresh);
  stored = sign_extend(static_cast<std::uint32_t>(put(static_cast<std::uint64_t>(std::int64_t{stored}))),
                       parameters.net->layer(site.layer).accumulator_bits);
}

}  // namespace fluence
