// Words of the RTL's variables by the names that a simulator shows.
#pragma once

#include <string>

#include "rtl/sites.hpp"

namespace fluence {

/// The word's name below the top module, such as "u_pipeline.u_l3_mvau.weights_q[2][17]". `array` is the
/// one that holds the site.
inline std::string rtl_name(const StateArray& array, const Site& site) {
  const auto at = [](int i) { return "[" + std::to_string(i) + "]"; };
  if (!array.cell.empty()) {
    const int cell =
        (site.copy * array.modules + site.module - array.first_module) * array.threshes + site.thresh;
    const auto variable = array.variable(static_cast<std::size_t>(cell));
    return array.space == Space::read ? variable : variable + at(site.index);
  }
  const auto module = at(site.module - array.first_module);
  switch (array.space) {
    case Space::weights:
    case Space::window: return array.rtl_name + module + at(site.index);
    case Space::thresholds: return array.rtl_name + module + at(site.index) + at(site.thresh);
    case Space::accumulator: return array.rtl_name + module;
    case Space::vector:
    case Space::pool:
    case Space::fifo: return array.rtl_name + at(site.index);
    case Space::stream:
    case Space::read:
    case Space::control: break;
  }
  return array.rtl_name;
}

}  // namespace fluence
