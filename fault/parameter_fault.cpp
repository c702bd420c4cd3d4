#include "fault/parameter_fault.hpp"

#include <cassert>

#include "base/bits.hpp"

namespace fluence {
std::uint64_t host_read(const Parameters& parameters, const Site& site) {
  if (site.space == Space::weights) {
    return parameters.weight(site.layer, site.module, site.index);
  }
  const auto stored = parameters.threshold(site.layer, site.module, site.index, site.thresh);
  const auto one = std::int64_t{1} << parameters.net->layer(site.layer).fraction_bits;
  return static_cast<std::uint64_t>(stored / one);
}

void apply_fault(Parameters& parameters, const Fault& fault, Semantics semantics) {
  const auto& site = fault.site;
  const auto& layer = parameters.net->layer(site.layer);
  const bool weights = site.space == Space::weights;
  assert(weights || site.space == Space::thresholds);
  std::uint64_t mask = 0;
  for (const int bit :
       flipped_bits(fault, weights ? layer.weight_word_bits() : layer.accumulator_bits, semantics)) {
    mask |= std::uint64_t{1} << bit;
  }
  if (weights) {
    parameters.weight(site.layer, site.module, site.index) ^= mask;
    return;
  }
  auto& stored = parameters.threshold(site.layer, site.module, site.index, site.thresh);
  const auto word = semantics == Semantics::physical ? static_cast<std::uint64_t>(std::int64_t{stored})
                                                     : host_read(parameters, site);
  stored = sign_extend(static_cast<std::uint32_t>(word ^ mask), layer.accumulator_bits);
}

}  // namespace fluence
