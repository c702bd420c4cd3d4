// The inputs of an output pixel as codes, whatever the layer's shape and format.
#pragma once

#include <cstdint>
#include <vector>

#include "network/topology.hpp"

namespace fluence {

/// By column of the layer's matrix; pixels outside of the map have 0. `in`: the layer's input in a
/// trace, as `TraceLayout` has it.
void window_codes(const Layer& layer, const std::uint64_t* in, int pixel,
                  std::vector<std::uint8_t>& codes);

}  // namespace fluence
