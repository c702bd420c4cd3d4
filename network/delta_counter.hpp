// Which outputs turn over: contributions of changed columns counted by carry-save adders for all neurons
// of a vector at once, and the count added to the bit-sliced margins in one carry chain a level.
//
// What a contribution adds to a sum is a *bit-sliced number* minus a *bias* that is the same for all
// neurons: of weights of one bit, twice one bit, minus 1; of two, a number of two bits, minus 2 where
// the column becomes 1 and minus 1 where it becomes 0. So a move starts at minus the window's biases,
// and each first bit adds 2 to it, each second bit 1.
#pragma once

#include <cstdint>

#include "network/delta_lanes.hpp"

namespace fluence::delta {
namespace {

/// One bit of the contributions of listed columns: a multiple of 16 entries is readable, padded with 0.
/// The table begins with words that are 0.
struct Bits {
  const std::uint16_t* list;
  const Word* table;
  FLUENCE_INLINE Vector operator[](int i) const { return load(table + list[i]); }
};

/// What the counters take in.
struct Columns {
  const std::uint16_t* list;
  int count;
  int most;                 ///< of one window
  const Word* first;        ///< bits
  std::size_t table_words;  ///< to second bits
  Vector biases;            ///< of each window, in all its words
  [[nodiscard]] FLUENCE_INLINE Bits first_bits() const { return {list, first}; }
  [[nodiscard]] FLUENCE_INLINE Bits second_bits() const { return {list, first + table_words}; }
};

/// Margins of a vector and the sums' moves, where `turn` was told so: what a flipped weight needs.
struct Near {
  Vector zero_or_one, minus_one_or_two;
  Vector odd;  ///< their last bits
};

/// Adds eight columns to counters of weight 1, 2, 4; returns what they carry to 8.
FLUENCE_INLINE Vector add_eight(const Bits& bits, int at, Vector& ones, Vector& twos, Vector& fours) {
  Vector two_a, two_b, four_a, four_b, eight;
  add_three(two_a, ones, ones, bits[at], bits[at + 1]);
  add_three(two_b, ones, ones, bits[at + 2], bits[at + 3]);
  add_three(four_a, twos, twos, two_a, two_b);
  add_three(two_a, ones, ones, bits[at + 4], bits[at + 5]);
  add_three(two_b, ones, ones, bits[at + 6], bits[at + 7]);
  add_three(four_b, twos, twos, two_a, two_b);
  add_three(eight, fours, fours, four_a, four_b);
  return eight;
}

template <int kBits>
FLUENCE_INLINE void ripple(Vector (&number)[kBits], int from, Vector carry) {
  FLUENCE_UNROLL
  for (int i = 0; i < kBits; ++i) {
    if (i >= from) {
      const Vector next = number[i] & carry;
      number[i] ^= carry;
      carry = next;
    }
  }
}

/// Adds the listed bits, each as 1 << kAt, to a number of four bits, of some more, of any.
template <int kAt>
FLUENCE_INLINE void add_all(const Bits& bits, int count, Vector (&number)[4]) {
  for (int i = 0; i < count; i += 4) {
    Vector two_a, two_b, four;
    add_three(two_a, number[kAt], number[kAt], bits[i], bits[i + 1]);
    add_three(two_b, number[kAt], number[kAt], bits[i + 2], bits[i + 3]);
    add_three(four, number[kAt + 1], number[kAt + 1], two_a, two_b);
    ripple(number, kAt + 2, four);
  }
}
template <int kAt>
FLUENCE_INLINE void add_all(const Bits& bits, int count, Vector (&number)[6]) {
  for (int i = 0; i < count; i += 8) {
    ripple(number, kAt + 3, add_eight(bits, i, number[kAt], number[kAt + 1], number[kAt + 2]));
  }
}
template <int kAt, int kBits>
FLUENCE_INLINE void add_all(const Bits& bits, int count, Vector (&number)[kBits]) {
  int at = 0;
  for (; at + 8 < count; at += 16) {
    const Vector a = add_eight(bits, at, number[kAt], number[kAt + 1], number[kAt + 2]);
    const Vector b = add_eight(bits, at + 8, number[kAt], number[kAt + 1], number[kAt + 2]);
    Vector sixteen;
    add_three(sixteen, number[kAt + 3], number[kAt + 3], a, b);
    ripple(number, kAt + 4, sixteen);
  }
  if (at < count) {
    ripple(number, kAt + 3, add_eight(bits, at, number[kAt], number[kAt + 1], number[kAt + 2]));
  }
}

/// By how much the sums move.
template <int kWeightBits, int kBits>
FLUENCE_INLINE void make_moves(const Columns& columns, Vector (&moves)[kBits]) {
  const Vector start = Vector{} - columns.biases;
  FLUENCE_UNROLL
  for (int i = 0; i < kBits; ++i) {
    moves[i] = bit_of_words(start, i);
  }
  add_all<1>(columns.first_bits(), columns.count, moves);
  if constexpr (kWeightBits == 2) {
    add_all<0>(columns.second_bits(), columns.count, moves);
  }
}

/// Adds moves, whose last bit is their sign, to margins. `margin(i)`: the margins' bits. Returns the new
/// sign.
template <bool kNear, int kBits, typename Margin>
FLUENCE_INLINE Vector new_sign(const Vector (&moves)[kBits], Margin margin, Vector sign, Near& near) {
  const Vector lowest = margin(0);
  Vector carry = lowest & moves[0];
  if constexpr (kNear) {
    near.odd = lowest ^ moves[0];
    near.zero_or_one = near.minus_one_or_two = ~Vector{};
  }
  FLUENCE_UNROLL
  for (int i = 1; i < kBits - 1; ++i) {
    const Vector bit = margin(i);
    if constexpr (kNear) {
      const Vector sum = odd(bit, moves[i], carry);
      near.minus_one_or_two &= sum;
      near.zero_or_one &= ~sum;
    }
    carry = most(bit, moves[i], carry);
  }
  const Vector result = odd(sign, moves[kBits - 1], carry);
  if constexpr (kNear) {
    near.minus_one_or_two &= result;
    near.zero_or_one &= ~result;
  }
  return result;
}

/// `turn` by the margins within -2^(kFront - 1) .. 2^(kFront - 1) - 1, where these alone decide.
template <int kBits, int kFront, int kWeightBits, int kLevels, bool kNear>
FLUENCE_INLINE void turn_in_front(const Columns& columns, const Word* margins, Vector (&turned)[kLevels],
                                  Near (&near)[kLevels]) {
  Vector moves[kFront + 1];
  make_moves<kWeightBits>(columns, moves);
  FLUENCE_UNROLL
  for (int level = 0; level < kLevels; ++level) {
    const auto plane = [&](int i) { return load(margins + (level * planes_of(kBits) + i) * kWords); };
    const Vector sign = plane(0);
    const Vector here = ~plane(kFront == 3 ? kFar4 : kFar16);
    const auto margin = [&](int i) { return i == kFront - 1 ? sign : plane(plane_of_bit(i)); };
    turned[level] = (new_sign<kNear>(moves, margin, sign, near[level]) ^ sign) & here;
    if constexpr (kNear) {
      near[level].zero_or_one &= here;
      near[level].minus_one_or_two &= here;
    }
  }
}

/// The neurons whose levels differ from the fault-free ones. `few`, `some`: the layer's. kNear: fills
/// `near`. kShift: margins are moved by `shifts` [level][bit][vector], too, and what they are then
/// decides.
template <int kBits, int kWeightBits, int kLevels, bool kNear, bool kShift>
FLUENCE_INLINE void turn(const Columns& columns, int few, int some, const Word* margins,
                         const Word* shifts, Vector (&turned)[kLevels], Near (&near)[kLevels]) {
  if (!kShift && columns.most <= few) {
    turn_in_front<kBits, 3, kWeightBits, kLevels, kNear>(columns, margins, turned, near);
    return;
  }
  if (!kShift && columns.most <= some) {
    turn_in_front<kBits, 5, kWeightBits, kLevels, kNear>(columns, margins, turned, near);
    return;
  }
  Vector moves[kBits];
  make_moves<kWeightBits>(columns, moves);
  FLUENCE_UNROLL
  for (int level = 0; level < kLevels; ++level) {
    const Word* planes = margins + level * planes_of(kBits) * kWords;
    const Vector sign = load(planes);
    const auto stored = [&](int i) { return load(planes + plane_of_bit(i) * kWords); };
    if constexpr (kShift) {
      Vector carry = {};
      Vector moved[kBits];
      FLUENCE_UNROLL
      for (int i = 0; i < kBits; ++i) {
        const Vector bit = i == kBits - 1 ? sign : stored(i);
        const Vector shift = load(shifts + (level * kMostMarginBits + i) * kMostOutWords);
        moved[i] = odd(bit, shift, carry);
        carry = most(bit, shift, carry);
      }
      const auto margin = [&](int i) { return moved[i]; };
      turned[level] = new_sign<kNear>(moves, margin, moved[kBits - 1], near[level]) ^ sign;
    } else {
      turned[level] = new_sign<kNear>(moves, stored, sign, near[level]) ^ sign;
    }
  }
}

/// The same for a vector no column of which changed: the shifts alone decide.
template <int kBits, int kLevels>
FLUENCE_INLINE void turn_by_shifts(const Word* margins, const Word* shifts, Vector (&turned)[kLevels]) {
  FLUENCE_UNROLL
  for (int level = 0; level < kLevels; ++level) {
    const Word* planes = margins + level * planes_of(kBits) * kWords;
    const Word* own = shifts + level * kMostMarginBits * kMostOutWords;
    Vector carry = {};
    FLUENCE_UNROLL
    for (int i = 0; i < kBits - 1; ++i) {
      carry = most(load(planes + plane_of_bit(i) * kWords), load(own + i * kMostOutWords), carry);
    }
    const Vector sign = load(planes);
    turned[level] = odd(sign, load(own + (kBits - 1) * kMostOutWords), carry) ^ sign;
  }
}

}  // namespace
}  // namespace fluence::delta
