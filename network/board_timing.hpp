// Cycle counts that real boards recorded.
#pragma once

#include <optional>

#include "network/topology.hpp"

namespace fluence {

struct BoardTiming {
  double one_image = 0;     ///< cycles from the start bit to the polled done bit
  double steady_state = 0;  ///< cycles an image in a run of 10,000 images
};

/// Recorded on a Pynq at 100 MHz and an Ultra96 at 300 MHz, which agree in cycles (BNN-PYNQ overlays and
/// notebooks); nothing for a network without a record.
std::optional<BoardTiming> board_timing(const Topology& net);

}  // namespace fluence
