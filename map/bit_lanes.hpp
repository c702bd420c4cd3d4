// 64 signed bytes, a neuron each: the few vector operations that the map's kernels need, for the
// instruction set this file is compiled with.
#pragma once

#include <cstdint>

#include "network/packed_lanes.hpp"

namespace fluence::bits {
namespace {

#if defined(__AVX512BW__)

struct Bytes {
  __m512i v;
};
FLUENCE_INLINE Bytes zero_bytes() { return {_mm512_setzero_si512()}; }
FLUENCE_INLINE Bytes load_bytes(const std::int8_t* p) { return {_mm512_loadu_si512(p)}; }
FLUENCE_INLINE void store_bytes(std::int8_t* p, Bytes a) { _mm512_storeu_si512(p, a.v); }
FLUENCE_INLINE Bytes add(Bytes a, Bytes b) { return {_mm512_add_epi8(a.v, b.v)}; }
FLUENCE_INLINE Bytes subtract(Bytes a, Bytes b) { return {_mm512_sub_epi8(a.v, b.v)}; }
/// Bit i: byte i of a is greater than that of b.
FLUENCE_INLINE std::uint64_t greater_bytes(Bytes a, Bytes b) { return _mm512_cmpgt_epi8_mask(a.v, b.v); }
FLUENCE_INLINE Bytes same_bytes(int x) { return {_mm512_set1_epi8(static_cast<char>(x))}; }
/// Adds b to the bytes whose bit is set.
FLUENCE_INLINE Bytes add_where(Bytes a, std::uint64_t bits, Bytes b) {
  return {_mm512_mask_add_epi8(a.v, bits, a.v, b.v)};
}

constexpr int kFallsShift = 15;
constexpr int kInputMask = 0x7fff;
FLUENCE_INLINE bool falls(std::uint16_t change) { return change >> kFallsShift != 0; }
/// The same of an input of nine.
FLUENCE_INLINE std::uint16_t times_taps(std::uint16_t change) {
  return static_cast<std::uint16_t>((change & kInputMask) * 9 | (change & ~kInputMask));
}
/// Lists inputs `base` + i of the bits i that change; whether one falls is its top bit. May write 64.
FLUENCE_INLINE int list_signed(std::uint16_t* to, std::uint64_t changed, std::uint64_t before, int base,
                               int /*inputs*/) {
  alignas(64) static constexpr std::uint8_t kCount[64] = {
      0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
      22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
      44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
  const auto numbers = _mm512_load_si512(kCount);
  const auto marked = _mm512_mask_add_epi8(numbers, before, numbers, _mm512_set1_epi8(-128));
  const auto listed = _mm512_maskz_compress_epi8(changed, marked);
  const auto store = [&](int at, __m256i part) {
    const auto wide = _mm512_cvtepu8_epi16(part);
    const auto number = _mm512_add_epi16(_mm512_and_si512(wide, _mm512_set1_epi16(0x3f)),
                                         _mm512_set1_epi16(static_cast<short>(base)));
    const auto falls = _mm512_slli_epi16(_mm512_and_si512(wide, _mm512_set1_epi16(0x80)), 8);
    _mm512_storeu_si512(to + at, _mm512_or_si512(number, falls));
  };
  const int count = __builtin_popcountll(changed);
  store(0, _mm512_castsi512_si256(listed));
  if (count > 32) {
    store(32, _mm512_extracti64x4_epi64(listed, 1));
  }
  return count;
}

#elif defined(__AVX2__)

struct Bytes {
  __m256i lo, hi;
};
FLUENCE_INLINE Bytes zero_bytes() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
FLUENCE_INLINE Bytes load_bytes(const std::int8_t* p) {
  return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)),
          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 32))};
}
FLUENCE_INLINE void store_bytes(std::int8_t* p, Bytes a) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a.lo);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p + 32), a.hi);
}
FLUENCE_INLINE Bytes add(Bytes a, Bytes b) {
  return {_mm256_add_epi8(a.lo, b.lo), _mm256_add_epi8(a.hi, b.hi)};
}
FLUENCE_INLINE Bytes subtract(Bytes a, Bytes b) {
  return {_mm256_sub_epi8(a.lo, b.lo), _mm256_sub_epi8(a.hi, b.hi)};
}
FLUENCE_INLINE std::uint64_t greater_bytes(Bytes a, Bytes b) {
  const auto mask = [](__m256i x, __m256i y) {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpgt_epi8(x, y)));
  };
  return std::uint64_t{mask(a.hi, b.hi)} << 32 | mask(a.lo, b.lo);
}

#else

using SixteenBytes = std::int8_t __attribute__((vector_size(16)));
struct Bytes {
  SixteenBytes v[4];
};
FLUENCE_INLINE Bytes zero_bytes() { return {}; }
FLUENCE_INLINE Bytes load_bytes(const std::int8_t* p) {
  Bytes result;
  __builtin_memcpy(&result, p, sizeof result);
  return result;
}
FLUENCE_INLINE void store_bytes(std::int8_t* p, Bytes a) { __builtin_memcpy(p, &a, sizeof a); }
FLUENCE_INLINE Bytes add(Bytes a, Bytes b) {
  return {{a.v[0] + b.v[0], a.v[1] + b.v[1], a.v[2] + b.v[2], a.v[3] + b.v[3]}};
}
FLUENCE_INLINE Bytes subtract(Bytes a, Bytes b) {
  return {{a.v[0] - b.v[0], a.v[1] - b.v[1], a.v[2] - b.v[2], a.v[3] - b.v[3]}};
}
FLUENCE_INLINE std::uint64_t greater_bytes(Bytes a, Bytes b) {
  const SixteenBytes bits = {1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128};
  std::uint64_t mask = 0;
  for (int i = 0; i < 4; ++i) {
    std::uint64_t half[2];
    const SixteenBytes own = (a.v[i] > b.v[i]) & bits;
    __builtin_memcpy(half, &own, sizeof half);
    for (int k = 0; k < 2; ++k) {  // each bit is in one byte only: their sum is their union
      mask |= (half[k] * 0x0101010101010101 >> 56) << (16 * i + 8 * k);
    }
  }
  return mask;
}

#endif

#if !defined(__AVX512BW__)
/// Is not asked: a change is counted with its sign.
FLUENCE_INLINE bool falls(std::uint16_t /*change*/) { return false; }
FLUENCE_INLINE std::uint16_t times_taps(std::uint16_t change) {
  return static_cast<std::uint16_t>(change * 9);
}
/// Lists inputs `base` + i of the bits i that change, plus `inputs` if one falls.
FLUENCE_INLINE int list_signed(std::uint16_t* to, std::uint64_t changed, std::uint64_t before, int base,
                               int inputs) {
  int count = 0;
  for (; changed != 0; changed &= changed - 1) {
    const int bit = __builtin_ctzll(changed);
    to[count++] =
        static_cast<std::uint16_t>(base + bit + (static_cast<int>(before >> bit & 1) != 0 ? inputs : 0));
  }
  return count;
}
#endif

}  // namespace
}  // namespace fluence::bits
