// Words of any stream, and their way to and from the pins of a Verilated block.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <random>
#include <type_traits>

namespace fluence::test {

/// A stream word, bit 0 first. Bits above the stream's width are 0.
using Word = std::bitset<256>;
using Rng = std::mt19937_64;

/// Bits [lsb, lsb + bits) as an unsigned number, bits <= 64.
inline std::uint64_t field(const Word& word, int lsb, int bits) {
  const auto size = static_cast<std::size_t>(bits);
  return ((word >> static_cast<std::size_t>(lsb)) & (~Word{} >> (Word{}.size() - size))).to_ullong();
}

/// The same bits as a two's complement number.
inline std::int64_t signed_field(const Word& word, int lsb, int bits) {
  return static_cast<std::int64_t>(field(word, lsb, bits) << (64 - bits)) >> (64 - bits);
}

/// `value`'s low bits at [lsb, lsb + bits) of an otherwise empty word, bits <= 64.
inline Word placed(std::uint64_t value, int lsb, int bits) {
  return Word(value << (64 - bits) >> (64 - bits)) << static_cast<std::size_t>(lsb);
}

inline Word random_word(Rng& rng, int bits) {
  Word word;
  for (int limb = 0; limb < 4; ++limb) {
    word = word << 64 | Word(rng());
  }
  return word >> (word.size() - static_cast<std::size_t>(bits));
}

/// The word on a pin: an integer up to 64 bits, beyond that Verilator's array of 32-bit limbs.
template <class Pin>
Word get_pin(const Pin& pin) {
  if constexpr (std::is_integral_v<Pin>) {
    return Word(pin);
  } else {
    Word word;
    for (std::size_t limb = sizeof(Pin) / sizeof(std::uint32_t); limb-- > 0;) {
      word = word << 32 | Word(pin.at(limb));
    }
    return word;
  }
}

template <class Pin>
void set_pin(Pin& pin, Word word) {
  const Word low32(0xffffffffU);
  if constexpr (std::is_integral_v<Pin>) {
    pin = static_cast<Pin>((word & (low32 | low32 << 32)).to_ullong());
  } else {
    for (std::size_t limb = 0; limb < sizeof(Pin) / sizeof(std::uint32_t); ++limb, word >>= 32) {
      pin.at(limb) = static_cast<std::uint32_t>((word & low32).to_ulong());
    }
  }
}

}  // namespace fluence::test
