// Arithmetic of words of bits and of places in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

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

/// Limbs of kWordBits that a word of so many bits takes, the lowest first.
constexpr int limbs_of(int bits) { return divide_up(bits, kWordBits); }

/// Bits `at` to `at + count - 1` of a word of such limbs, 1 <= count <= 64.
constexpr std::uint64_t take_bits(std::span<const std::uint64_t> limbs, int at, int count) {
  const int shift = at % kWordBits;
  auto bits = limbs[index(at / kWordBits)] >> shift;
  if (shift + count > kWordBits) {
    bits |= limbs[index(at / kWordBits + 1)] << (kWordBits - shift);
  }
  return bits & low_bits(count);
}

/// Bits `first`, `first + step`, ... of a word of such limbs, `count` of them, side by side.
constexpr std::uint64_t take_every(std::span<const std::uint64_t> limbs, int first, int step,
                                   int count) {
  std::uint64_t bits = 0;
  for (int i = 0; i < count; ++i) {
    const int at = first + i * step;
    bits |= (limbs[index(at / kWordBits)] >> (at % kWordBits) & 1) << i;
  }
  return bits;
}

/// Puts the low `count` of `bits` in their place; the word's others stay.
constexpr void put_bits(std::span<std::uint64_t> limbs, int at, int count, std::uint64_t bits) {
  const int shift = at % kWordBits;
  const auto put = [](std::uint64_t& limb, std::uint64_t mask, std::uint64_t value) {
    limb = (limb & ~mask) | (value & mask);
  };
  put(limbs[index(at / kWordBits)], low_bits(count) << shift, bits << shift);
  if (shift + count > kWordBits) {
    put(limbs[index(at / kWordBits + 1)], low_bits(shift + count - kWordBits),
        bits >> (kWordBits - shift));
  }
}

/// The low `bits` of a word in two's complement, 1 <= bits <= 32. Wrapping is modular, so once at the
/// end of a sum equals wrapping at every addition.
constexpr std::int32_t sign_extend(std::uint32_t word, int bits) {
  const int unused = 32 - bits;
  return static_cast<std::int32_t>(word << unused) >> unused;
}

}  // namespace fluence
