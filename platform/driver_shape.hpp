// What the driver must know of a network.
#pragma once

#include <cassert>

#include "fluence/accel_shape.h"
#include "network/topology.hpp"

namespace fluence {

inline fl_shape driver_shape(const Topology& net) {
  assert(net.layers.size() <= FL_MOST_LAYERS);
  fl_shape shape{};
  for (const auto& layer : net.layers) {
    shape.layer[shape.layers++] = {static_cast<std::uint32_t>(layer.pe),
                                   static_cast<std::uint32_t>(layer.weight_words()),
                                   static_cast<std::uint32_t>(layer.threshold_words()),
                                   static_cast<std::uint32_t>(layer.thresholds)};
  }
  return shape;
}

}  // namespace fluence
