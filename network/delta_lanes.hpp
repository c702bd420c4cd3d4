// The vectors of bits that the delta evaluation works with, for the instruction set this file is
// compiled with.
#pragma once

#include <cstdint>

#include "network/delta_kernels.hpp"
#include "network/packed_lanes.hpp"

namespace fluence::delta {
namespace {

#if defined(__AVX512VPOPCNTDQ__)
constexpr int kWords = 8;
#elif defined(__AVX2__)
constexpr int kWords = 4;
#else
constexpr int kWords = 2;
#endif

/// The compilers' portable vectors: ^, &, |, ~ act on all bits, +, -, >> on each word.
using Vector = Word __attribute__((vector_size(kWords * 8)));

FLUENCE_INLINE Vector load(const Word* p) {
  Vector v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
FLUENCE_INLINE void store(Vector v, Word* p) { __builtin_memcpy(p, &v, sizeof v); }

#if defined(__AVX512VPOPCNTDQ__)

FLUENCE_INLINE Vector odd(Vector a, Vector b, Vector c) {
  return (Vector)_mm512_ternarylogic_epi64((__m512i)a, (__m512i)b, (__m512i)c, 0x96);
}
FLUENCE_INLINE Vector most(Vector a, Vector b, Vector c) {
  return (Vector)_mm512_ternarylogic_epi64((__m512i)a, (__m512i)b, (__m512i)c, 0xe8);
}
/// All bits of each word that has this bit.
FLUENCE_INLINE Vector bit_of_words(Vector v, int bit) {
  const auto has = _mm512_test_epi64_mask((__m512i)v, _mm512_set1_epi64(1LL << bit));
  return (Vector)_mm512_maskz_set1_epi64(has, -1);
}
/// Bit k: word k is not 0.
FLUENCE_INLINE unsigned nonzero_words(Vector v) {
  return _mm512_test_epi64_mask((__m512i)v, (__m512i)v);
}
/// A number for each window, in all its words.
FLUENCE_INLINE Vector spread_counts(const std::uint16_t* counts, int words_each) {
  alignas(64) static constexpr Word kFrom[9][8] = {
      {}, {0, 1, 2, 3, 4, 5, 6, 7}, {0, 0, 1, 1, 2, 2, 3, 3}, {}, {0, 0, 0, 0, 1, 1, 1, 1}};
  const auto wide = _mm512_cvtepu16_epi64(_mm_loadu_si128(reinterpret_cast<const __m128i*>(counts)));
  return (Vector)_mm512_permutexvar_epi64(_mm512_load_si512(kFrom[words_each]), wide);
}

#elif defined(__AVX2__)

FLUENCE_INLINE Vector odd(Vector a, Vector b, Vector c) { return a ^ b ^ c; }
FLUENCE_INLINE Vector most(Vector a, Vector b, Vector c) { return (a & b) | (c & (a ^ b)); }
FLUENCE_INLINE Vector bit_of_words(Vector v, int bit) { return Vector{} - (v >> bit & 1); }
FLUENCE_INLINE unsigned nonzero_words(Vector v) {
  const auto zero = _mm256_cmpeq_epi64((__m256i)v, _mm256_setzero_si256());
  return ~static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(zero))) & 0xf;
}
FLUENCE_INLINE Vector spread_counts(const std::uint16_t* counts, int words_each) {
  const auto wide = _mm256_cvtepu16_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(counts)));
  switch (words_each) {
    case 1: return (Vector)wide;
    case 2: return (Vector)_mm256_permute4x64_epi64(wide, 0x50);
    default: return (Vector)_mm256_permute4x64_epi64(wide, 0);
  }
}

#else

FLUENCE_INLINE Vector odd(Vector a, Vector b, Vector c) { return a ^ b ^ c; }
FLUENCE_INLINE Vector most(Vector a, Vector b, Vector c) { return (a & b) | (c & (a ^ b)); }
FLUENCE_INLINE Vector bit_of_words(Vector v, int bit) { return Vector{} - (v >> bit & 1); }
FLUENCE_INLINE unsigned nonzero_words(Vector v) {
  return static_cast<unsigned>(v[0] != 0) | static_cast<unsigned>(v[1] != 0) << 1;
}
FLUENCE_INLINE Vector spread_counts(const std::uint16_t* counts, int words_each) {
  return Vector{counts[0], counts[words_each == 1 ? 1 : 0]};
}

#endif

/// low, high: bits 0 and 1 of a + b + c.
FLUENCE_INLINE void add_three(Vector& high, Vector& low, Vector a, Vector b, Vector c) {
#if defined(__AVX512VPOPCNTDQ__)
  low = odd(a, b, c);
  high = most(a, b, c);
#else
  const Vector two = a ^ b;
  high = (a & b) | (c & two);
  low = two ^ c;
#endif
}

/// Bit k: window k of a vector holds a bit.
FLUENCE_INLINE unsigned windows_with_bits(Vector v, int words_each) {
  unsigned words = nonzero_words(v);
  switch (words_each) {
    case 1: return words;
    case 2:
      words = (words | words >> 1) & 0x55;
      words = (words | words >> 1) & 0x33;
      return (words | words >> 2) & 0xf;
    case 4: return static_cast<unsigned>((words & 0xf) != 0) | static_cast<unsigned>(words > 0xf) << 1;
    default: return words != 0;
  }
}

#if defined(__AVX512VPOPCNTDQ__)
struct EvenNumbers {
  std::uint8_t at[64] = {};
  constexpr EvenNumbers() {
    for (int i = 0; i < 64; ++i) {
      at[i] = static_cast<std::uint8_t>(2 * i);
    }
  }
};
alignas(64) constexpr EvenNumbers kEven;
#endif

/// Turns the changed bits of words into list entries: bit k gives base + (2 k + its new value) * step.
/// Writes up to 32 entries behind the last one as well.
class EntryMaker {
 public:
#if defined(__AVX512VPOPCNTDQ__)
  explicit FLUENCE_INLINE EntryMaker(int step) : step_(_mm512_set1_epi16(static_cast<short>(step))) {}
  // Compressed in a register: compressing to memory is microcode on some processors.
  FLUENCE_INLINE std::uint16_t* add(std::uint16_t* to, Word changed, Word values, int base) const {
    const auto even = _mm512_load_si512(kEven.at);
    const auto numbers = _mm512_maskz_compress_epi8(
        changed, _mm512_mask_add_epi8(even, values, even, _mm512_set1_epi8(1)));
    const auto first = _mm512_set1_epi16(static_cast<short>(base));
    const auto put = [&](std::uint16_t* at, __m256i half) {
      const auto steps = _mm512_mullo_epi16(_mm512_cvtepu8_epi16(half), step_);
      _mm512_storeu_si512(at, _mm512_add_epi16(steps, first));
    };
    const int count = __builtin_popcountll(changed);
    put(to, _mm512_castsi512_si256(numbers));
    if (count > 32) {
      put(to + 32, _mm512_extracti64x4_epi64(numbers, 1));
    }
    return to + count;
  }

 private:
  __m512i step_;
#else
  explicit FLUENCE_INLINE EntryMaker(int step) : step_(step) {}
  FLUENCE_INLINE std::uint16_t* add(std::uint16_t* to, Word changed, Word values, int base) const {
    for (; changed != 0; changed &= changed - 1) {
      const int bit = __builtin_ctzll(changed);
      const int value = static_cast<int>(values >> bit & 1);
      *to++ = static_cast<std::uint16_t>(base + (2 * bit + value) * step_);
    }
    return to;
  }

 private:
  int step_;
#endif
};

using EntryVector = std::uint16_t __attribute__((vector_size(kWords * 8)));
constexpr int kEntries = kWords * 4;
FLUENCE_INLINE EntryVector load_entries(const std::uint16_t* p) {
  EntryVector v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
FLUENCE_INLINE void store_entries(EntryVector v, std::uint16_t* p) { __builtin_memcpy(p, &v, sizeof v); }

/// Copies `count` entries with a number added to each; up to 32 others behind them as well.
FLUENCE_INLINE void copy_moved(std::uint16_t* to, const std::uint16_t* from, int count, int by) {
  const EntryVector moves = EntryVector{} + static_cast<std::uint16_t>(by);
  int i = 0;
  do {
    store_entries(load_entries(from + i) + moves, to + i);
    i += kEntries;
  } while (i < count);
}

/// Adds up where the entries of an input row's pixels begin.
class RowStarts {
 public:
  explicit RowStarts(std::uint16_t* start) : start_(start) {}
#if defined(__AVX512VPOPCNTDQ__)
  FLUENCE_INLINE void add(int pixel, int count) {  // ascending pixels, below 31
    const auto later = ~std::uint32_t{1} << pixel;
    starts_ =
        _mm512_mask_add_epi16(starts_, later, starts_, _mm512_set1_epi16(static_cast<short>(count)));
  }
  FLUENCE_INLINE void finish(int count) {
    _mm512_storeu_si512(start_, starts_);
    static_assert(kStarts == 48);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(start_ + 32),
                        _mm256_set1_epi16(static_cast<short>(count)));
  }

 private:
  __m512i starts_ = _mm512_setzero_si512();
#else
  FLUENCE_INLINE void add(int pixel, int count) {
    for (; next_ <= pixel; ++next_) {
      start_[next_] = static_cast<std::uint16_t>(count_);
    }
    count_ += count;
  }
  FLUENCE_INLINE void finish(int count) {
    for (; next_ < kStarts; ++next_) {
      start_[next_] = static_cast<std::uint16_t>(count);
    }
  }

 private:
  int next_ = 0;
  int count_ = 0;
#endif
  std::uint16_t* start_;
};

/// Changed columns of a row's windows, from the starts of the three input rows.
FLUENCE_INLINE void count_columns(const std::uint16_t* const (&starts)[3], std::uint16_t* counts) {
  FLUENCE_UNROLL
  for (int x = 0; x < kMostDim; x += kEntries) {
    EntryVector sum = {};
    FLUENCE_UNROLL
    for (int ky = 0; ky < 3; ++ky) {
      sum += load_entries(starts[ky] + x + 3) - load_entries(starts[ky] + x);
    }
    store_entries(sum, counts + x);
  }
}

/// The largest of up to eight numbers.
FLUENCE_INLINE int largest(const std::uint16_t* numbers, int count) {
#if defined(__AVX2__)
  // The instruction finds the smallest one: of the complements.
  alignas(16) static constexpr std::uint16_t kUnused[16] = {
      0, 0, 0, 0, 0, 0, 0, 0, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff};
  const auto unused = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kUnused + 8 - count));
  const auto all = _mm_loadu_si128(reinterpret_cast<const __m128i*>(numbers));
  const auto complement = _mm_or_si128(_mm_xor_si128(all, _mm_set1_epi16(-1)), unused);
  return 0xffff - (_mm_cvtsi128_si32(_mm_minpos_epu16(complement)) & 0xffff);
#else
  int most = 0;
  for (int i = 0; i < count; ++i) {
    most = numbers[i] > most ? numbers[i] : most;
  }
  return most;
#endif
}

/// Bit k: word k is not 0, of up to 64 words.
FLUENCE_INLINE Word nonzero_mask(const Word* words, int count) {
  Word mask = 0;
#if defined(__AVX512VPOPCNTDQ__)
  for (int k = 0; k < count; k += 8) {
    const auto some = static_cast<__mmask8>(count - k >= 8 ? 0xff : (1 << (count - k)) - 1);
    const auto v = _mm512_maskz_loadu_epi64(some, words + k);
    mask |= Word{_mm512_test_epi64_mask(v, v)} << k;
  }
#else
  for (int k = 0; k < count; ++k) {
    mask |= Word{words[k] != 0} << k;
  }
#endif
  return mask;
}

/// Bit k: row k of either list is not 0, of up to 32 rows.
FLUENCE_INLINE std::uint32_t nonzero_rows(const std::uint32_t* a, const std::uint32_t* b, int count) {
  std::uint32_t mask = 0;
#if defined(__AVX512VPOPCNTDQ__)
  for (int k = 0; k < count; k += 16) {
    const auto some = static_cast<__mmask16>(count - k >= 16 ? 0xffff : (1 << (count - k)) - 1);
    const auto v =
        _mm512_or_si512(_mm512_maskz_loadu_epi32(some, a + k), _mm512_maskz_loadu_epi32(some, b + k));
    mask |= std::uint32_t{_mm512_test_epi32_mask(v, v)} << k;
  }
#else
  for (int k = 0; k < count; ++k) {
    mask |= std::uint32_t{(a[k] | b[k]) != 0} << k;
  }
#endif
  return mask;
}

/// Bits `channel` of pixels `stride` words apart, the first one's at bit 0.
FLUENCE_INLINE std::uint32_t bits_of_pixels(const Word* words, int stride, int pixels, int channel) {
  const Word* first = words + channel / kWordBits;
  const int bit = channel % kWordBits;
  std::uint32_t bits = 0;
#if defined(__AVX512VPOPCNTDQ__)
  // Of a vector's words, every one, every second or every fourth.
  const auto one = _mm512_set1_epi64(static_cast<long long>(Word{1} << bit));
  const auto words_with_bit = [&](int x) -> std::uint32_t {
    return _mm512_test_epi64_mask(_mm512_loadu_si512(first + x * stride), one);
  };
  if (stride == 1) {
    for (int x = 0; x < pixels; x += 8) {
      bits |= words_with_bit(x) << x;
    }
    return bits & ~std::uint32_t{0} >> (32 - pixels);
  }
  if (stride == 2) {
    for (int x = 0; x < pixels; x += 4) {
      auto some = words_with_bit(x) & 0x55;
      some = (some | some >> 1) & 0x33;
      bits |= ((some | some >> 2) & 0xf) << x;
    }
    return bits & ~std::uint32_t{0} >> (32 - pixels);
  }
#endif
  for (int x = 0; x < pixels; ++x) {
    bits |= static_cast<std::uint32_t>(first[x * stride] >> bit & 1) << x;
  }
  return bits;
}

/// Sets bit `channel` of the pixels whose bit is set.
FLUENCE_INLINE void set_bits(Word* words, int stride, std::uint32_t pixels, int channel) {
  Word* first = words + channel / kWordBits;
  const Word bit = Word{1} << (channel % kWordBits);
#if defined(__AVX512VPOPCNTDQ__)
  if (stride == 1) {
    const auto one = _mm512_set1_epi64(static_cast<long long>(bit));
    for (int x = 0; pixels >> x != 0; x += 8) {
      const auto some = static_cast<__mmask8>(pixels >> x);
      const auto old = _mm512_loadu_si512(first + x);
      _mm512_storeu_si512(first + x, _mm512_mask_or_epi64(old, some, old, one));
      if (x == 24) {
        break;
      }
    }
    return;
  }
#endif
  for (; pixels != 0; pixels &= pixels - 1) {
    first[__builtin_ctz(pixels) * stride] |= bit;
  }
}

}  // namespace
}  // namespace fluence::delta
