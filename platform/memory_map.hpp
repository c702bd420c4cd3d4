// The board's address map. docs/platform.md shows the same table; a test compares them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "network/images.hpp"

namespace fluence {

struct MapEntry {
  std::string_view name;
  std::uint64_t base = 0;
  std::uint64_t size = 0;
};

// Addresses as a Zynq-7000 design has them: memory low, programmable logic from 0x4000_0000 on.
inline constexpr MapEntry kDram{"dram", 0x0000'0000, 0x2000'0000};
inline constexpr MapEntry kIntc{"interrupt_controller", 0x4180'0000, 0x1'0000};
inline constexpr MapEntry kAccelerator{"accelerator", 0x43C0'0000, 0x1'0000};
inline constexpr std::array kMemoryMap = {kDram, kIntc, kAccelerator};

// Where the host software keeps its buffers in the memory.
inline constexpr MapEntry kImageBuffer{"images", 0x1000'0000, 0x0800'0000};
inline constexpr MapEntry kScoreBuffer{"scores", 0x1800'0000, 0x0400'0000};
inline constexpr MapEntry kScratch{"scratch", 0x1C00'0000, 0x8};
inline constexpr std::array kBuffers = {kImageBuffer, kScoreBuffer, kScratch};

/// Images that the buffer holds, and so the most of a trial.
inline constexpr int kMostImages = static_cast<int>(kImageBuffer.size / kImageBytes);

/// Line of the interrupt controller on which the accelerator is.
inline constexpr std::uint32_t kAcceleratorLine = 0;

}  // namespace fluence
