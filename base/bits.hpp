// Arithmetic of words of bits and of places in memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fluence {

inline constexpr int kWordBits = 64;

/// A number that is not negative as a place in memory.
constexpr std::size_t index(std::int64_t number) { return static_cast<std::size_t>(number); }

/// How many groups of `size` hold `count`.
constexpr int divide_up(int count, int size) { return (count + size - 1) / size; }

/// The low `count` bits of a word set, 0 <= count <= 64. Shifting by a word's whole width is undefined.
constexpr std::uint64_t low_bits(int count) {
  return count == 0 ? 0 : ~std::uint64_t{0} >> (64 - count);
}

/// The low `bits` of a word in two's complement, 1 <= bits <= 32. Wrapping is modular, so once at the
/// end of a sum equals wrapping at every addition.
constexpr std::int32_t sign_extend(std::uint32_t word, int bits) {
  const int unused = 32 - bits;
  return static_cast<std::int32_t>(word << unused) >> unused;
}

}  // namespace fluence
