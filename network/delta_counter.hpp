// Which outputs turn over: changed columns counted by carry-save adders for all neurons of a vector at
// once, and the count added to the bit-sliced margins in one carry chain.
//
// With k changed columns, c of which add 1 and the others subtract 1, a sum moves by 2c - k. With h =
// (k + 1) / 2 that is 2 (c - h) + (k mod 2): the counters start at -h, and the odd one goes in as a
// carry.
#pragma once

#include <cstdint>

#include "network/delta_lanes.hpp"

namespace fluence::delta {
namespace {

/// What the counters take in: entries of a list, a multiple of 16 of them readable, padded with 0. The
/// table begins with words that are 0.
struct Columns {
  const std::uint16_t* list;
  int count;
  int most;  ///< of one window
  const Word* table;
  FLUENCE_INLINE Vector operator[](int i) const { return load(table + list[i]); }
};

/// Margins of a vector, and the sums' moves where `turned` was told so.
struct Near {
  Vector zero, minus_one;  ///< margins that are then 0, -1
};

/// Adds eight columns to counters of weight 1, 2, 4; returns what they carry to 8.
FLUENCE_INLINE Vector add_eight(const Columns& columns, int at, Vector& ones, Vector& twos,
                                Vector& fours) {
  Vector two_a, two_b, four_a, four_b, eight;
  add_three(two_a, ones, ones, columns[at], columns[at + 1]);
  add_three(two_b, ones, ones, columns[at + 2], columns[at + 3]);
  add_three(four_a, twos, twos, two_a, two_b);
  add_three(two_a, ones, ones, columns[at + 4], columns[at + 5]);
  add_three(two_b, ones, ones, columns[at + 6], columns[at + 7]);
  add_three(four_b, twos, twos, two_a, two_b);
  add_three(eight, fours, fours, four_a, four_b);
  return eight;
}

template <int kBits>
FLUENCE_INLINE void ripple(Vector (&counter)[kBits], int from, Vector carry) {
  FLUENCE_UNROLL
  for (int i = 0; i < kBits; ++i) {
    if (i >= from) {
      const Vector next = counter[i] & carry;
      counter[i] ^= carry;
      carry = next;
    }
  }
}

/// Adds twice the counter, whose last bit is its sign, to a margin of as many bits, whose sign is
/// extended by one. `margin(i)`: its bits, sign(): its sign. Returns the new sign.
template <bool kNear, int kBits, typename Margin>
FLUENCE_INLINE Vector new_sign(const Vector (&counter)[kBits], Vector odd_count, Margin margin,
                               Vector sign, Near& near) {
  const Vector lowest = margin(0);
  Vector carry = lowest & odd_count;
  if constexpr (kNear) {
    near.minus_one = lowest ^ odd_count;
    near.zero = ~near.minus_one;
  }
  FLUENCE_UNROLL
  for (int i = 1; i < kBits; ++i) {
    const Vector bit = margin(i);
    if constexpr (kNear) {
      const Vector sum = odd(bit, counter[i - 1], carry);
      near.minus_one &= sum;
      near.zero &= ~sum;
    }
    carry = most(bit, counter[i - 1], carry);
  }
  const Vector result = odd(sign, counter[kBits - 1], carry);
  if constexpr (kNear) {
    near.minus_one &= result;
    near.zero &= ~result;
  }
  return result;
}

/// The neurons whose output differs from the fault-free one. `counts`: changed columns of each window.
/// kNear: fills `near`. kShift: margins are moved by `shifts` [bit][vector], too, and what they are then
/// decides.
template <int kBits, bool kNear, bool kShift>
FLUENCE_INLINE Vector turned(Columns columns, Vector counts, const Word* margins, const Word* shifts,
                             Near& near) {
  const auto plane = [&](int i) { return load(margins + i * kWords); };
  const Vector odd_count = bit_of_words(counts, 0);
  const Vector start = Vector{} - ((counts + 1) >> 1);
  const Vector sign = plane(0);
  const auto stored = [&](int i) { return plane(plane_of_bit(i)); };

  if (!kShift && columns.most <= 3) {
    Vector c[3] = {bit_of_words(start, 0), bit_of_words(start, 1), bit_of_words(start, 2)};
    for (int i = 0; i < columns.count; i += 4) {
      Vector two_a, two_b, four;
      add_three(two_a, c[0], c[0], columns[i], columns[i + 1]);
      add_three(two_b, c[0], c[0], columns[i + 2], columns[i + 3]);
      add_three(four, c[1], c[1], two_a, two_b);
      c[2] ^= four;
    }
    const Vector here = ~plane(kFar4);
    const auto margin = [&](int i) { return i == 2 ? sign : stored(i); };
    const Vector result = new_sign<kNear>(c, odd_count, margin, sign, near);
    if constexpr (kNear) {
      near.zero &= here;
      near.minus_one &= here;
    }
    return (result ^ sign) & here;
  }
  if (!kShift && columns.most <= 15) {
    Vector c[5] = {bit_of_words(start, 0), bit_of_words(start, 1), bit_of_words(start, 2),
                   bit_of_words(start, 3), bit_of_words(start, 4)};
    for (int i = 0; i < columns.count; i += 8) {
      ripple(c, 3, add_eight(columns, i, c[0], c[1], c[2]));
    }
    const Vector here = ~plane(kFar16);
    const auto margin = [&](int i) { return i == 4 ? sign : stored(i); };
    const Vector result = new_sign<kNear>(c, odd_count, margin, sign, near);
    if constexpr (kNear) {
      near.zero &= here;
      near.minus_one &= here;
    }
    return (result ^ sign) & here;
  }
  Vector c[kBits - 1];
  FLUENCE_UNROLL
  for (int i = 0; i < kBits - 1; ++i) {
    c[i] = bit_of_words(start, i);
  }
  int at = 0;
  for (; at + 8 < columns.count; at += 16) {
    const Vector a = add_eight(columns, at, c[0], c[1], c[2]);
    const Vector b = add_eight(columns, at + 8, c[0], c[1], c[2]);
    Vector sixteen;
    add_three(sixteen, c[3], c[3], a, b);
    ripple(c, 4, sixteen);
  }
  if (at < columns.count) {
    ripple(c, 3, add_eight(columns, at, c[0], c[1], c[2]));
  }
  if constexpr (kShift) {
    Vector carry = {};
    Vector moved[kBits];
    FLUENCE_UNROLL
    for (int i = 0; i < kBits; ++i) {
      const Vector bit = i == kBits - 1 ? sign : stored(i);
      const Vector shift = load(shifts + i * kMostOutWords);
      moved[i] = odd(bit, shift, carry);
      carry = most(bit, shift, carry);
    }
    const auto margin = [&](int i) { return moved[i]; };
    return new_sign<kNear>(c, odd_count, margin, moved[kBits - 1], near) ^ sign;
  } else {
    return new_sign<kNear>(c, odd_count, stored, sign, near) ^ sign;
  }
}

/// The same for a vector no column of which changed: the shifts alone decide.
template <int kBits>
FLUENCE_INLINE Vector turned_by_shifts(const Word* margins, const Word* shifts) {
  Vector carry = {};
  FLUENCE_UNROLL
  for (int i = 0; i < kBits - 1; ++i) {
    carry = most(load(margins + plane_of_bit(i) * kWords), load(shifts + i * kMostOutWords), carry);
  }
  const Vector sign = load(margins);
  return odd(sign, load(shifts + (kBits - 1) * kMostOutWords), carry) ^ sign;
}

}  // namespace
}  // namespace fluence::delta
