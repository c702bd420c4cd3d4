// The inner loops of the map of one-bit networks, one table of them for each instruction set; see
// network/packed_kernels.hpp for how they are compiled.
#pragma once

#include <cstdint>

namespace fluence::rows {

inline constexpr int kRow = 32;  ///< numbers of a row, a bit each in what is made of it

struct Kernels {
  /// Bit i: values[i] + factor * others[i] > limit.
  std::uint32_t (*above)(const std::int16_t* values, const std::int16_t* others, std::int16_t factor,
                         std::int16_t limit);
};

const Kernels& kernels_scalar();
const Kernels& kernels_avx2();
const Kernels& kernels_avx512();

}  // namespace fluence::rows
