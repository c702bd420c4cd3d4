// Masks of machine words.
#pragma once

#include <cstdint>

namespace fluence {

/// The low `count` bits of a word set, 0 <= count <= 64. Shifting by a word's whole width is undefined.
constexpr std::uint64_t low_bits(int count) {
  return count == 0 ? 0 : ~std::uint64_t{0} >> (64 - count);
}

}  // namespace fluence
