// Eight 64-bit lanes and 32 16-bit lanes: the few vector operations that the kernels need, for the
// instruction set this file is compiled with.
#pragma once

#include <cstdint>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace fluence::packed {
namespace {

constexpr int kMostUnflushed = 31;  ///< a byte counts up to 8 bits each time

/// FLUENCE_UNROLL, before a loop over registers: they have no index at run time. GCC stops at 16 rounds
/// if not told. Sanitizers have checks in such loops, which need not be fast there, but compiled in
/// little time.
#if defined(FLUENCE_SANITIZED)
#define FLUENCE_INLINE inline
#define FLUENCE_UNROLL
#elif defined(__clang__)
#define FLUENCE_INLINE inline __attribute__((always_inline))
#define FLUENCE_UNROLL _Pragma("clang loop unroll(full)")
#else
#define FLUENCE_INLINE inline __attribute__((always_inline))
#define FLUENCE_UNROLL _Pragma("GCC unroll 64")
#endif

/// Where the byte of a group's plane lies within an output pixel: planes alternate word by word.
FLUENCE_INLINE int group_byte(int group, int plane, int planes) {
  return (group / 8 * planes + plane) * 8 + group % 8;
}

#if defined(__AVX512VPOPCNTDQ__)

constexpr int kTogether = 4;  ///< windows for which weights are loaded once

struct Lanes {
  __m512i v;
};
FLUENCE_INLINE Lanes broadcast(std::uint64_t x) {
  return {_mm512_set1_epi64(static_cast<long long>(x))};
}
FLUENCE_INLINE Lanes load(const void* p) { return {_mm512_loadu_si512(p)}; }
FLUENCE_INLINE void store(Lanes a, void* p) { _mm512_storeu_si512(p, a.v); }
FLUENCE_INLINE Lanes subtract(Lanes a, Lanes b) { return {_mm512_sub_epi64(a.v, b.v)}; }
FLUENCE_INLINE Lanes add(Lanes a, Lanes b) { return {_mm512_add_epi64(a.v, b.v)}; }
FLUENCE_INLINE Lanes bit_and(Lanes a, Lanes b) { return {_mm512_and_si512(a.v, b.v)}; }
FLUENCE_INLINE Lanes exclusive_or(Lanes a, Lanes b) { return {_mm512_xor_si512(a.v, b.v)}; }
/// a & (b ^ c)
FLUENCE_INLINE Lanes and_xor(Lanes a, Lanes b, Lanes c) {
  return {_mm512_ternarylogic_epi64(a.v, b.v, c.v, 0x60)};
}
/// Bit k: lane k of a is greater than that of b, as signed numbers.
FLUENCE_INLINE unsigned greater(Lanes a, Lanes b) { return _mm512_cmpgt_epi64_mask(a.v, b.v); }

/// Counts set bits lane by lane. `flush` must be called at least every kMostUnflushed `add`.
class BitCounter {
 public:
  FLUENCE_INLINE void add(Lanes a) { sum_ = _mm512_add_epi64(sum_, _mm512_popcnt_epi64(a.v)); }
  FLUENCE_INLINE void flush() {}
  FLUENCE_INLINE Lanes total() { return {sum_}; }

 private:
  __m512i sum_ = _mm512_setzero_si512();
};

using ShortLanes = __m512i;
FLUENCE_INLINE ShortLanes zero_shorts() { return _mm512_setzero_si512(); }
FLUENCE_INLINE ShortLanes load_shorts(const void* p) { return _mm512_loadu_si512(p); }
/// sum + pair[0] * weights[lane][0] + pair[1] * weights[lane][1] in each 16-bit lane.
FLUENCE_INLINE ShortLanes add_products(ShortLanes sum, const std::uint8_t* pair, ShortLanes weights) {
  short both = 0;
  __builtin_memcpy(&both, pair, sizeof both);
  return _mm512_add_epi16(sum, _mm512_maddubs_epi16(_mm512_set1_epi16(both), weights));
}
/// Bit k: 16-bit lane k of a is greater than that of b.
FLUENCE_INLINE std::uint32_t greater_shorts(ShortLanes a, ShortLanes b) {
  return _mm512_cmpgt_epi16_mask(a, b);
}
FLUENCE_INLINE ShortLanes add(ShortLanes a, ShortLanes b) { return _mm512_add_epi16(a, b); }
FLUENCE_INLINE ShortLanes subtract(ShortLanes a, ShortLanes b) { return _mm512_sub_epi16(a, b); }

/// Eight comparisons of 16-bit lanes: one bit each of a byte a lane.
class GreaterBits {
 public:
  FLUENCE_INLINE void add(ShortLanes a, ShortLanes b, int bit) {
    bytes_ = _mm256_mask_add_epi8(bytes_, _mm512_cmpgt_epi16_mask(a, b), bytes_,
                                  _mm256_set1_epi8(static_cast<char>(1 << bit)));
  }
  FLUENCE_INLINE void store(std::uint8_t* bytes) const {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(bytes), bytes_);
  }

 private:
  __m256i bytes_ = _mm256_setzero_si256();
};

#elif defined(__AVX2__)

constexpr int kTogether = 1;

struct Lanes {
  __m256i lo, hi;
};
FLUENCE_INLINE Lanes broadcast(std::uint64_t x) {
  const auto v = _mm256_set1_epi64x(static_cast<long long>(x));
  return {v, v};
}
FLUENCE_INLINE Lanes load(const void* p) {
  const auto* v = static_cast<const __m256i*>(p);
  return {_mm256_loadu_si256(v), _mm256_loadu_si256(v + 1)};
}
FLUENCE_INLINE void store(Lanes a, void* p) {
  auto* v = static_cast<__m256i*>(p);
  _mm256_storeu_si256(v, a.lo);
  _mm256_storeu_si256(v + 1, a.hi);
}
FLUENCE_INLINE Lanes subtract(Lanes a, Lanes b) {
  return {_mm256_sub_epi64(a.lo, b.lo), _mm256_sub_epi64(a.hi, b.hi)};
}
FLUENCE_INLINE Lanes add(Lanes a, Lanes b) {
  return {_mm256_add_epi64(a.lo, b.lo), _mm256_add_epi64(a.hi, b.hi)};
}
FLUENCE_INLINE Lanes bit_and(Lanes a, Lanes b) {
  return {_mm256_and_si256(a.lo, b.lo), _mm256_and_si256(a.hi, b.hi)};
}
FLUENCE_INLINE Lanes exclusive_or(Lanes a, Lanes b) {
  return {_mm256_xor_si256(a.lo, b.lo), _mm256_xor_si256(a.hi, b.hi)};
}
FLUENCE_INLINE Lanes and_xor(Lanes a, Lanes b, Lanes c) {
  return {_mm256_and_si256(a.lo, _mm256_xor_si256(b.lo, c.lo)),
          _mm256_and_si256(a.hi, _mm256_xor_si256(b.hi, c.hi))};
}
FLUENCE_INLINE unsigned greater(Lanes a, Lanes b) {
  const auto half = [](__m256i x, __m256i y) {
    return static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpgt_epi64(x, y))));
  };
  return half(a.lo, b.lo) | half(a.hi, b.hi) << 4;
}

// Counts in bytes, by table look-up of half bytes, and adds the bytes up at the flush.
class BitCounter {
 public:
  FLUENCE_INLINE void add(Lanes a) {
    lo_ = _mm256_add_epi8(lo_, bytes(a.lo));
    hi_ = _mm256_add_epi8(hi_, bytes(a.hi));
  }
  FLUENCE_INLINE void flush() {
    const auto zero = _mm256_setzero_si256();
    sum_.lo = _mm256_add_epi64(sum_.lo, _mm256_sad_epu8(lo_, zero));
    sum_.hi = _mm256_add_epi64(sum_.hi, _mm256_sad_epu8(hi_, zero));
    lo_ = hi_ = zero;
  }
  FLUENCE_INLINE Lanes total() {
    flush();
    return sum_;
  }

 private:
  FLUENCE_INLINE static __m256i bytes(__m256i v) {
    const auto counts = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                         0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const auto low = _mm256_set1_epi8(0xf);
    return _mm256_add_epi8(_mm256_shuffle_epi8(counts, _mm256_and_si256(v, low)),
                           _mm256_shuffle_epi8(counts, _mm256_and_si256(_mm256_srli_epi16(v, 4), low)));
  }
  __m256i lo_ = _mm256_setzero_si256();
  __m256i hi_ = _mm256_setzero_si256();
  Lanes sum_ = {_mm256_setzero_si256(), _mm256_setzero_si256()};
};

struct ShortLanes {
  __m256i lo, hi;
};
FLUENCE_INLINE ShortLanes zero_shorts() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
FLUENCE_INLINE ShortLanes load_shorts(const void* p) {
  const auto* v = static_cast<const __m256i*>(p);
  return {_mm256_loadu_si256(v), _mm256_loadu_si256(v + 1)};
}
FLUENCE_INLINE ShortLanes add_products(ShortLanes sum, const std::uint8_t* pair, ShortLanes weights) {
  short both = 0;
  __builtin_memcpy(&both, pair, sizeof both);
  const auto pairs = _mm256_set1_epi16(both);
  return {_mm256_add_epi16(sum.lo, _mm256_maddubs_epi16(pairs, weights.lo)),
          _mm256_add_epi16(sum.hi, _mm256_maddubs_epi16(pairs, weights.hi))};
}
FLUENCE_INLINE std::uint32_t greater_shorts(ShortLanes a, ShortLanes b) {
  // Packing 16 to 8 bits interleaves the halves of its operands; the permutation undoes it.
  const auto packed = _mm256_packs_epi16(_mm256_cmpgt_epi16(a.lo, b.lo), _mm256_cmpgt_epi16(a.hi, b.hi));
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_permute4x64_epi64(packed, 0b11011000)));
}
FLUENCE_INLINE ShortLanes add(ShortLanes a, ShortLanes b) {
  return {_mm256_add_epi16(a.lo, b.lo), _mm256_add_epi16(a.hi, b.hi)};
}
FLUENCE_INLINE ShortLanes subtract(ShortLanes a, ShortLanes b) {
  return {_mm256_sub_epi16(a.lo, b.lo), _mm256_sub_epi16(a.hi, b.hi)};
}

class GreaterBits {
 public:
  FLUENCE_INLINE void add(ShortLanes a, ShortLanes b, int bit) {
    const auto packed =
        _mm256_packs_epi16(_mm256_cmpgt_epi16(a.lo, b.lo), _mm256_cmpgt_epi16(a.hi, b.hi));
    bytes_ =
        _mm256_or_si256(bytes_, _mm256_and_si256(packed, _mm256_set1_epi8(static_cast<char>(1 << bit))));
  }
  FLUENCE_INLINE void store(std::uint8_t* bytes) const {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(bytes),
                        _mm256_permute4x64_epi64(bytes_, 0b11011000));  // as in greater_shorts
  }

 private:
  __m256i bytes_ = _mm256_setzero_si256();
};

#else

constexpr int kTogether = 1;

// The compilers' portable vectors: two lanes are SSE2 on any x86-64 and NEON on ARM.
using TwoLanes = std::uint64_t __attribute__((vector_size(16)));
struct Lanes {
  TwoLanes v[4];
};
template <typename Operation>
FLUENCE_INLINE Lanes each_part(Operation operation) {
  return {{operation(0), operation(1), operation(2), operation(3)}};
}
FLUENCE_INLINE Lanes broadcast(std::uint64_t x) {
  return each_part([&](int) { return TwoLanes{x, x}; });
}
FLUENCE_INLINE Lanes load(const void* p) {
  Lanes result;
  __builtin_memcpy(&result, p, sizeof result);
  return result;
}
FLUENCE_INLINE void store(Lanes a, void* p) { __builtin_memcpy(p, &a, sizeof a); }
FLUENCE_INLINE Lanes subtract(Lanes a, Lanes b) {
  return each_part([&](int i) { return a.v[i] - b.v[i]; });
}
FLUENCE_INLINE Lanes add(Lanes a, Lanes b) {
  return each_part([&](int i) { return a.v[i] + b.v[i]; });
}
FLUENCE_INLINE Lanes bit_and(Lanes a, Lanes b) {
  return each_part([&](int i) { return a.v[i] & b.v[i]; });
}
FLUENCE_INLINE Lanes exclusive_or(Lanes a, Lanes b) {
  return each_part([&](int i) { return a.v[i] ^ b.v[i]; });
}
FLUENCE_INLINE Lanes and_xor(Lanes a, Lanes b, Lanes c) {
  return each_part([&](int i) { return a.v[i] & (b.v[i] ^ c.v[i]); });
}
FLUENCE_INLINE unsigned greater(Lanes a, Lanes b) {
  // Sums and thresholds are small: the sign of their difference is the comparison.
  const auto sign = [&](int i) { return (b.v[i] - a.v[i]) >> 63; };
  const auto bits = sign(0) | sign(1) << 2 | sign(2) << 4 | sign(3) << 6;
  return static_cast<unsigned>(bits[0] | bits[1] << 1);
}

// Counts in bytes and adds the bytes up at the flush.
class BitCounter {
 public:
  FLUENCE_INLINE void add(Lanes a) {
    bytes_ = each_part([&](int i) {
      auto x = a.v[i];
      x -= (x >> 1) & 0x5555555555555555;
      x = (x & 0x3333333333333333) + ((x >> 2) & 0x3333333333333333);
      return bytes_.v[i] + ((x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f);
    });
  }
  FLUENCE_INLINE void flush() {
    sum_ = each_part([&](int i) {
      auto x = (bytes_.v[i] & 0x00ff00ff00ff00ff) + ((bytes_.v[i] >> 8) & 0x00ff00ff00ff00ff);
      x += x >> 16;
      return sum_.v[i] + ((x + (x >> 32)) & 0xffff);
    });
    bytes_ = {};
  }
  FLUENCE_INLINE Lanes total() {
    flush();
    return sum_;
  }

 private:
  Lanes bytes_ = {};
  Lanes sum_ = {};
};

using EightShorts = std::int16_t __attribute__((vector_size(16)));
struct ShortLanes {
  EightShorts v[4];
};
FLUENCE_INLINE ShortLanes zero_shorts() { return {}; }
FLUENCE_INLINE ShortLanes load_shorts(const void* p) {
  ShortLanes result;
  __builtin_memcpy(&result, p, sizeof result);
  return result;
}
FLUENCE_INLINE ShortLanes add_products(ShortLanes sum, const std::uint8_t* pair, ShortLanes weights) {
  for (int i = 0; i < 4; ++i) {
    const auto first = (weights.v[i] << 8) >> 8;
    const auto second = weights.v[i] >> 8;
    sum.v[i] += first * pair[0] + second * pair[1];
  }
  return sum;
}
FLUENCE_INLINE std::uint32_t greater_shorts(ShortLanes a, ShortLanes b) {
  const EightShorts bits = {1, 2, 4, 8, 16, 32, 64, 128};
  const auto sixteen = [&](int i) {
    const auto low = (a.v[i] > b.v[i]) & bits;
    const auto high = (a.v[i + 1] > b.v[i + 1]) & bits;
    std::uint64_t half[2];
    const EightShorts both = low | high << 8;
    __builtin_memcpy(half, &both, sizeof half);
    half[0] |= half[1];
    half[0] |= half[0] >> 32;
    return (half[0] | half[0] >> 16) & 0xffff;
  };
  return static_cast<std::uint32_t>(sixteen(0) | sixteen(2) << 16);
}
FLUENCE_INLINE ShortLanes add(ShortLanes a, ShortLanes b) {
  return {{a.v[0] + b.v[0], a.v[1] + b.v[1], a.v[2] + b.v[2], a.v[3] + b.v[3]}};
}
FLUENCE_INLINE ShortLanes subtract(ShortLanes a, ShortLanes b) {
  return {{a.v[0] - b.v[0], a.v[1] - b.v[1], a.v[2] - b.v[2], a.v[3] - b.v[3]}};
}

class GreaterBits {
 public:
  FLUENCE_INLINE void add(ShortLanes a, ShortLanes b, int bit) {
    for (int i = 0; i < 4; ++i) {
      bits_.v[i] |= (a.v[i] > b.v[i]) & static_cast<std::int16_t>(1 << bit);
    }
  }
  FLUENCE_INLINE void store(std::uint8_t* bytes) const {
    for (int i = 0; i < 32; ++i) {
      bytes[i] = static_cast<std::uint8_t>(bits_.v[i / 8][i % 8]);
    }
  }

 private:
  ShortLanes bits_ = {};
};

#endif

/// Byte k of row i becomes byte i of word k.
#if defined(__AVX2__)
FLUENCE_INLINE void transpose(const std::uint8_t (*rows)[32], std::uint64_t* words) {
  __m256i pairs[8];  // of rows 0 and 1, columns 0 to 7, then 8 to 15; of rows 2 and 3; ...
  FLUENCE_UNROLL
  for (int i = 0; i < 8; i += 2) {
    const auto first = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows[i]));
    const auto second = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows[i + 1]));
    pairs[i] = _mm256_unpacklo_epi8(first, second);
    pairs[i + 1] = _mm256_unpackhi_epi8(first, second);
  }
  const auto put = [&](__m256i a, int column) {  // and the column 16 further in the upper half
    _mm_storeu_si128(reinterpret_cast<__m128i*>(words + column), _mm256_castsi256_si128(a));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(words + 16 + column), _mm256_extracti128_si256(a, 1));
  };
  const auto four = [&](__m256i low, __m256i high, int column) {
    put(_mm256_unpacklo_epi32(low, high), column);
    put(_mm256_unpackhi_epi32(low, high), column + 2);
  };
  FLUENCE_UNROLL
  for (int i = 0; i < 2; ++i) {
    four(_mm256_unpacklo_epi16(pairs[i], pairs[i + 2]),
         _mm256_unpacklo_epi16(pairs[i + 4], pairs[i + 6]), 8 * i);
    four(_mm256_unpackhi_epi16(pairs[i], pairs[i + 2]),
         _mm256_unpackhi_epi16(pairs[i + 4], pairs[i + 6]), 8 * i + 4);
  }
}
#else
FLUENCE_INLINE void transpose(const std::uint8_t (*rows)[32], std::uint64_t* words) {
  for (int k = 0; k < 32; ++k) {
    std::uint64_t word = 0;
    for (int i = 0; i < 8; ++i) {
      word |= std::uint64_t{rows[i][k]} << 8 * i;
    }
    words[k] = word;
  }
}
#endif

}  // namespace
}  // namespace fluence::packed
