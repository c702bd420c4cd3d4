// The board's address map: sw/include/fluence/board.h with names and sizes. docs/platform.md shows the
// same table; a test compares them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "fluence/board.h"
#include "network/images.hpp"

namespace fluence {

struct MapEntry {
  std::string_view name;
  std::uint64_t base = 0;
  std::uint64_t size = 0;
};

inline constexpr MapEntry kDram{"dram", FL_BOARD_DRAM, 0x2000'0000};
inline constexpr MapEntry kIntc{"interrupt_controller", FL_BOARD_INTC, 0x1'0000};
inline constexpr MapEntry kTimer{"timer", FL_BOARD_TIMER, 0x1'0000};
inline constexpr MapEntry kUart{"uart", FL_BOARD_UART, 0x1'0000};
inline constexpr MapEntry kAccelerator{"accelerator", FL_BOARD_ACCEL, FL_BOARD_ACCEL_WINDOW};
inline constexpr std::array kMemoryMap = {kDram, kIntc, kTimer, kUart, kAccelerator};

// Where the host software keeps its buffers in the memory.
inline constexpr MapEntry kFirmware{"firmware", FL_BOARD_FIRMWARE, 0x0100'0000};
inline constexpr MapEntry kJob{"job", FL_BOARD_JOB, 0x1'0000};
inline constexpr MapEntry kLabels{"labels", FL_BOARD_LABELS, 0x1'0000};
inline constexpr MapEntry kFaultTable{"faults", FL_BOARD_FAULTS, 0x0200'0000};
inline constexpr MapEntry kParameterBlob{"parameters", FL_BOARD_PARAMETERS, 0x0400'0000};
inline constexpr MapEntry kImageBuffer{"images", FL_BOARD_IMAGES, 0x0800'0000};
inline constexpr MapEntry kScoreBuffer{"scores", FL_BOARD_SCORES, 0x0400'0000};
inline constexpr MapEntry kScratch{"scratch", FL_BOARD_SCRATCH, 0x8};
inline constexpr std::array kBuffers = {kFirmware,      kJob,         kLabels,      kFaultTable,
                                        kParameterBlob, kImageBuffer, kScoreBuffer, kScratch};

/// Bytes from one image to the next in the image buffer, and from the scores of one to those of the
/// next.
inline std::uint64_t image_bytes(const Topology& net) {
  return static_cast<std::uint64_t>(net.stored_image().words()) * 8;
}
inline std::uint64_t score_bytes(const Topology& net) {
  return static_cast<std::uint64_t>(net.score_words()) * 8;
}
/// Images that the buffers hold, and so the most of a trial.
inline int most_images(const Topology& net) {
  return static_cast<int>(
      std::min(kImageBuffer.size / image_bytes(net), kScoreBuffer.size / score_bytes(net)));
}

}  // namespace fluence
