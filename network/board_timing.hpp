// Cycle counts that real boards recorded.
#pragma once

#include <cstdint>

namespace fluence {

/// Those of the shipped networks: on a Pynq at 100 MHz and an Ultra96 at 300 MHz, which agree in cycles
/// (BNN-PYNQ overlays and notebooks).
struct BoardTiming {
  std::int64_t one_image = 0;     ///< cycles from the start bit to the polled done bit
  std::int64_t steady_state = 0;  ///< cycles an image in a run of 10,000 images
  bool operator==(const BoardTiming&) const = default;
};

}  // namespace fluence
