// Sixteen 32-bit lanes, for sums of any numbers: the vector operations of packed_any.hpp beside those of
// packed_lanes.hpp, for the instruction set this file is compiled with.
#pragma once

#include "network/packed_lanes.hpp"

namespace fluence::packed {
namespace {

#if defined(__AVX512VPOPCNTDQ__)

struct Ints {
  __m512i v;
};
FLUENCE_INLINE Ints broadcast_int(std::int32_t x) { return {_mm512_set1_epi32(x)}; }
FLUENCE_INLINE Ints load_ints(const std::int32_t* p) { return {_mm512_loadu_si512(p)}; }
FLUENCE_INLINE void store(Ints a, std::int32_t* p) { _mm512_storeu_si512(p, a.v); }
FLUENCE_INLINE Ints add(Ints a, Ints b) { return {_mm512_add_epi32(a.v, b.v)}; }
FLUENCE_INLINE Ints subtract(Ints a, Ints b) { return {_mm512_sub_epi32(a.v, b.v)}; }
FLUENCE_INLINE Ints bit_and(Ints a, Ints b) { return {_mm512_and_si512(a.v, b.v)}; }
FLUENCE_INLINE Ints exclusive_or(Ints a, Ints b) { return {_mm512_xor_si512(a.v, b.v)}; }
FLUENCE_INLINE Ints shift_left(Ints a, int count) {
  return {_mm512_sll_epi32(a.v, _mm_cvtsi32_si128(count))};
}
/// The low halves of lanes 0 to 7 and 8 to 15.
FLUENCE_INLINE Ints narrow(Lanes low, Lanes high) {
  return {_mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi64_epi32(low.v)),
                             _mm512_cvtepi64_epi32(high.v), 1)};
}
/// Bit k: lane k of a is greater than that of b.
FLUENCE_INLINE unsigned greater(Ints a, Ints b) { return _mm512_cmpgt_epi32_mask(a.v, b.v); }
/// count + 1 in the lanes where a is greater than b.
FLUENCE_INLINE Ints add_greater(Ints count, Ints a, Ints b) {
  return {
      _mm512_mask_add_epi32(count.v, _mm512_cmpgt_epi32_mask(a.v, b.v), count.v, _mm512_set1_epi32(1))};
}
/// Bit k: bit `bit` of lane k.
FLUENCE_INLINE unsigned bits_of(Ints a, int bit) {
  return _mm512_test_epi32_mask(a.v, _mm512_set1_epi32(1 << bit));
}
/// sum + pair[0] * weights[lane][0] + pair[1] * weights[lane][1].
FLUENCE_INLINE Ints add_products(Ints sum, const std::int16_t* pair, const std::int16_t* weights) {
  std::int32_t both = 0;
  __builtin_memcpy(&both, pair, sizeof both);
  return {
      _mm512_add_epi32(sum.v, _mm512_madd_epi16(_mm512_set1_epi32(both), _mm512_loadu_si512(weights)))};
}
/// a + value in the 16-bit lanes whose bit is set.
FLUENCE_INLINE ShortLanes add_where(ShortLanes a, std::uint32_t bits, std::int16_t value) {
  return _mm512_mask_add_epi16(a, bits, a, _mm512_set1_epi16(value));
}
FLUENCE_INLINE ShortLanes broadcast_short(std::int16_t x) { return _mm512_set1_epi16(x); }
FLUENCE_INLINE void store(ShortLanes a, std::int16_t* p) { _mm512_storeu_si512(p, a); }

#elif defined(__AVX2__)

struct Ints {
  __m256i lo, hi;
};
FLUENCE_INLINE Ints broadcast_int(std::int32_t x) {
  const auto v = _mm256_set1_epi32(x);
  return {v, v};
}
FLUENCE_INLINE Ints load_ints(const std::int32_t* p) {
  const auto* v = reinterpret_cast<const __m256i*>(p);
  return {_mm256_loadu_si256(v), _mm256_loadu_si256(v + 1)};
}
FLUENCE_INLINE void store(Ints a, std::int32_t* p) {
  auto* v = reinterpret_cast<__m256i*>(p);
  _mm256_storeu_si256(v, a.lo);
  _mm256_storeu_si256(v + 1, a.hi);
}
FLUENCE_INLINE Ints add(Ints a, Ints b) {
  return {_mm256_add_epi32(a.lo, b.lo), _mm256_add_epi32(a.hi, b.hi)};
}
FLUENCE_INLINE Ints subtract(Ints a, Ints b) {
  return {_mm256_sub_epi32(a.lo, b.lo), _mm256_sub_epi32(a.hi, b.hi)};
}
FLUENCE_INLINE Ints bit_and(Ints a, Ints b) {
  return {_mm256_and_si256(a.lo, b.lo), _mm256_and_si256(a.hi, b.hi)};
}
FLUENCE_INLINE Ints exclusive_or(Ints a, Ints b) {
  return {_mm256_xor_si256(a.lo, b.lo), _mm256_xor_si256(a.hi, b.hi)};
}
FLUENCE_INLINE Ints shift_left(Ints a, int count) {
  const auto by = _mm_cvtsi32_si128(count);
  return {_mm256_sll_epi32(a.lo, by), _mm256_sll_epi32(a.hi, by)};
}
FLUENCE_INLINE Ints narrow(Lanes low, Lanes high) {
  // Shuffling works within halves of 128 bits; the permutation puts their results in order.
  const auto half = [](Lanes a) {
    const auto mixed = _mm256_shuffle_ps(_mm256_castsi256_ps(a.lo), _mm256_castsi256_ps(a.hi), 0x88);
    return _mm256_permute4x64_epi64(_mm256_castps_si256(mixed), 0b11011000);
  };
  return {half(low), half(high)};
}
FLUENCE_INLINE unsigned signs_of(__m256i a) {
  return static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(a)));
}
FLUENCE_INLINE unsigned greater(Ints a, Ints b) {
  return signs_of(_mm256_cmpgt_epi32(a.lo, b.lo)) | signs_of(_mm256_cmpgt_epi32(a.hi, b.hi)) << 8;
}
FLUENCE_INLINE Ints add_greater(Ints count, Ints a, Ints b) {
  // A comparison that holds is -1.
  return subtract(count, {_mm256_cmpgt_epi32(a.lo, b.lo), _mm256_cmpgt_epi32(a.hi, b.hi)});
}
FLUENCE_INLINE unsigned bits_of(Ints a, int bit) {
  const auto signs = shift_left(a, 31 - bit);
  return signs_of(signs.lo) | signs_of(signs.hi) << 8;
}
FLUENCE_INLINE Ints add_products(Ints sum, const std::int16_t* pair, const std::int16_t* weights) {
  std::int32_t both = 0;
  __builtin_memcpy(&both, pair, sizeof both);
  const auto pairs = _mm256_set1_epi32(both);
  const auto* w = reinterpret_cast<const __m256i*>(weights);
  return add(sum, {_mm256_madd_epi16(pairs, _mm256_loadu_si256(w)),
                   _mm256_madd_epi16(pairs, _mm256_loadu_si256(w + 1))});
}
FLUENCE_INLINE ShortLanes add_where(ShortLanes a, std::uint32_t bits, std::int16_t value) {
  const auto which =
      _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, -32768);
  const auto half = [&](__m256i x, std::uint32_t some) {
    const auto all = _mm256_set1_epi16(static_cast<short>(some));
    const auto set = _mm256_cmpeq_epi16(_mm256_and_si256(all, which), which);
    return _mm256_add_epi16(x, _mm256_and_si256(set, _mm256_set1_epi16(value)));
  };
  return {half(a.lo, bits & 0xffff), half(a.hi, bits >> 16)};
}
FLUENCE_INLINE ShortLanes broadcast_short(std::int16_t x) {
  const auto v = _mm256_set1_epi16(x);
  return {v, v};
}
FLUENCE_INLINE void store(ShortLanes a, std::int16_t* p) {
  auto* v = reinterpret_cast<__m256i*>(p);
  _mm256_storeu_si256(v, a.lo);
  _mm256_storeu_si256(v + 1, a.hi);
}

#else

using FourInts = std::int32_t __attribute__((vector_size(16)));
struct Ints {
  FourInts v[4];
};
template <typename Operation>
FLUENCE_INLINE Ints each_four(Operation operation) {
  return {{operation(0), operation(1), operation(2), operation(3)}};
}
FLUENCE_INLINE Ints broadcast_int(std::int32_t x) {
  return each_four([&](int) { return FourInts{x, x, x, x}; });
}
FLUENCE_INLINE Ints load_ints(const std::int32_t* p) {
  Ints result;
  __builtin_memcpy(&result, p, sizeof result);
  return result;
}
FLUENCE_INLINE void store(Ints a, std::int32_t* p) { __builtin_memcpy(p, &a, sizeof a); }
FLUENCE_INLINE Ints add(Ints a, Ints b) {
  return each_four([&](int i) { return a.v[i] + b.v[i]; });
}
FLUENCE_INLINE Ints subtract(Ints a, Ints b) {
  return each_four([&](int i) { return a.v[i] - b.v[i]; });
}
FLUENCE_INLINE Ints bit_and(Ints a, Ints b) {
  return each_four([&](int i) { return a.v[i] & b.v[i]; });
}
FLUENCE_INLINE Ints exclusive_or(Ints a, Ints b) {
  return each_four([&](int i) { return a.v[i] ^ b.v[i]; });
}
FLUENCE_INLINE Ints shift_left(Ints a, int count) {
  return each_four([&](int i) { return a.v[i] << count; });
}
FLUENCE_INLINE Ints narrow(Lanes low, Lanes high) {
  const auto four = [](TwoLanes a, TwoLanes b) {
    return FourInts{static_cast<std::int32_t>(a[0]), static_cast<std::int32_t>(a[1]),
                    static_cast<std::int32_t>(b[0]), static_cast<std::int32_t>(b[1])};
  };
  return {{four(low.v[0], low.v[1]), four(low.v[2], low.v[3]), four(high.v[0], high.v[1]),
           four(high.v[2], high.v[3])}};
}
/// Of lanes that are -1 or 0.
FLUENCE_INLINE unsigned bits_of_masks(Ints a) {
  const auto all = (a.v[0] & FourInts{1, 2, 4, 8}) | (a.v[1] & FourInts{16, 32, 64, 128}) |
                   (a.v[2] & FourInts{256, 512, 1024, 2048}) |
                   (a.v[3] & FourInts{4096, 8192, 16384, 32768});
  return static_cast<unsigned>(all[0] | all[1] | all[2] | all[3]);
}
FLUENCE_INLINE unsigned greater(Ints a, Ints b) {
  return bits_of_masks(each_four([&](int i) { return FourInts(a.v[i] > b.v[i]); }));
}
FLUENCE_INLINE Ints add_greater(Ints count, Ints a, Ints b) {
  return each_four([&](int i) { return count.v[i] - FourInts(a.v[i] > b.v[i]); });
}
FLUENCE_INLINE unsigned bits_of(Ints a, int bit) {
  return bits_of_masks(each_four([&](int i) { return (a.v[i] << (31 - bit)) >> 31; }));
}
FLUENCE_INLINE Ints add_products(Ints sum, const std::int16_t* pair, const std::int16_t* weights) {
  const auto both = load_ints(reinterpret_cast<const std::int32_t*>(weights));
  return each_four([&](int i) {
    return sum.v[i] + ((both.v[i] << 16) >> 16) * pair[0] + (both.v[i] >> 16) * pair[1];
  });
}
FLUENCE_INLINE ShortLanes add_where(ShortLanes a, std::uint32_t bits, std::int16_t value) {
  const EightShorts which = {1, 2, 4, 8, 16, 32, 64, 128};
  for (int i = 0; i < 4; ++i) {
    const auto some = static_cast<std::int16_t>(bits >> (8 * i) & 0xff);
    a.v[i] += ((which & some) == which) & value;
  }
  return a;
}
FLUENCE_INLINE ShortLanes broadcast_short(std::int16_t x) {
  ShortLanes result = {};
  for (auto& eight : result.v) {
    eight += x;
  }
  return result;
}
FLUENCE_INLINE void store(ShortLanes a, std::int16_t* p) { __builtin_memcpy(p, &a, sizeof a); }

#endif

}  // namespace
}  // namespace fluence::packed
