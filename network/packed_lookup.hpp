// Convolutions by look-up, for AVX2, which has no instruction that counts bits.
//
// Four columns of the weights of 32 neurons are the indices of one shuffle of bytes. Its table says for
// each index what four activations add to the sum, those of two windows side by side in the halves of a
// byte: three operations stand for 256 products. A table belongs to a pixel and its right neighbour, and
// serves all windows and neurons that see the two.
//
// Included by packed_kernels.cpp alone: no library templates.
#pragma once

#include "network/packed_kernels.hpp"
#include "network/packed_lanes.hpp"

namespace fluence::packed {
namespace {

#if defined(__AVX2__) && !defined(__AVX512VPOPCNTDQ__)

constexpr int kSide = 3;            ///< of a window, in pixels
constexpr int kLookupNeurons = 64;  ///< computed together: a word of outputs, two vectors of bytes
constexpr int kWordLookups = 16;    ///< in 64 columns
constexpr int kLookups = 48;        ///< as many as bytes can count; those of three words

struct alignas(16) LookupTable {
  std::uint8_t
      sums[16];  ///< [weights], of a window in the low half and of its right neighbour in the high
};

struct LookupTables {
  LookupTable of[256];
};

/// By the bits of two windows, one in each half: how many equal the weights.
constexpr LookupTables kEqualBits = [] {
  LookupTables tables{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (unsigned weights = 0; weights < 16; ++weights) {
      const int first = 4 - __builtin_popcount((byte & 15) ^ weights);
      const int second = 4 - __builtin_popcount((byte >> 4) ^ weights);
      tables.of[byte].sums[weights] = static_cast<std::uint8_t>(first | second << 4);
    }
  }
  return tables;
}();

/// By the planes n (low) and s (high half) of one window, for that alone: pop(n & (s ^ w)).
constexpr LookupTables kUnequalSigns = [] {
  LookupTables tables{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (unsigned weights = 0; weights < 16; ++weights) {
      tables.of[byte].sums[weights] =
          static_cast<std::uint8_t>(__builtin_popcount(byte & 15 & (byte >> 4 ^ weights)));
    }
  }
  return tables;
}();

/// Of which tables the sixteen half bytes of two words are: offsets in bytes.
struct Offsets {
  alignas(32) std::uint16_t of[kWordLookups];

  Offsets() = default;
  FLUENCE_INLINE Offsets(std::uint64_t low, std::uint64_t high) {
    constexpr std::uint64_t kLow = 0x0f0f0f0f0f0f0f0f;
    const auto even = (low & kLow) | (high & kLow) << 4;
    const auto odd = (low >> 4 & kLow) | (high & ~kLow);
    const auto bytes = _mm_unpacklo_epi8(_mm_cvtsi64_si128(static_cast<long long>(even)),
                                         _mm_cvtsi64_si128(static_cast<long long>(odd)));
    _mm256_store_si256(reinterpret_cast<__m256i*>(of),
                       _mm256_slli_epi16(_mm256_cvtepu8_epi16(bytes), 4));
  }
  [[nodiscard]] FLUENCE_INLINE __m128i table(const LookupTables& tables, int i) const {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&tables) + of[i];
    return _mm_load_si128(reinterpret_cast<const __m128i*>(bytes));
  }
};

FLUENCE_INLINE void put(LookupTable& table, __m128i sums) {
  _mm_store_si128(reinterpret_cast<__m128i*>(table.sums), sums);
}

/// Sums of kLookups look-ups of 32 neurons for two windows.
struct HalfSums {
  __m256i first = _mm256_setzero_si256();  ///< bytes: those of the first window
  /// 16-bit lanes: those of the second window, that of the odd byte 256 times, and 16 times that of the
  /// first one's odd byte.
  __m256i rest = _mm256_setzero_si256();

  /// Three look-ups, which fit into a half byte.
  FLUENCE_INLINE void add(__m256i halves) {
    first = _mm256_add_epi8(first, _mm256_and_si256(halves, _mm256_set1_epi8(0xf)));
    rest = _mm256_add_epi16(rest, _mm256_srli_epi16(halves, 4));
    asm("" : "+x"(first), "+x"(rest));  // else GCC 12 orders the loop so that it lacks registers
  }
};

/// 16-bit sums of 32 neurons for one window.
struct Sums {
  __m256i even = _mm256_setzero_si256();  ///< and 256 times the odd ones, until `separate`
  __m256i odd = _mm256_setzero_si256();

  FLUENCE_INLINE void add(__m256i bytes, __m256i odd_bytes) {
    even = _mm256_add_epi16(even, bytes);
    odd = _mm256_add_epi16(odd, odd_bytes);
  }
  FLUENCE_INLINE void separate() { even = _mm256_sub_epi16(even, _mm256_slli_epi16(odd, 8)); }
};

FLUENCE_INLINE void add(Sums& first, Sums& second, const HalfSums& halves) {
  const auto odd = _mm256_srli_epi16(halves.first, 8);
  first.add(halves.first, odd);
  const auto rest = _mm256_sub_epi16(halves.rest, _mm256_slli_epi16(odd, 4));
  second.add(rest, _mm256_srli_epi16(rest, 8));
}

/// Adds kLookups look-ups to the sums [window][half of the neurons] of one or two pairs of windows. Not
/// inline: GCC 12 would keep sums in the registers that the loop needs.
template <int kPairs>
__attribute__((noinline)) void look_up(const LookupTable* pair, const LookupTable* next_pair,
                                       const std::uint8_t* weights, Sums (*sums)[2]) {
  HalfSums a0, a1, b0, b1;
  for (int i = 0; i < kLookups; i += 3) {
    const auto three = [&](const LookupTable* tables, int half) {
      const auto one = [&](int k) {
        const auto* table = reinterpret_cast<const __m128i*>(tables[k].sums);
        const auto* index = reinterpret_cast<const __m256i*>(weights + k * kLookupNeurons + half * 32);
        return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_load_si128(table)),
                                   _mm256_load_si256(index));
      };
      return _mm256_add_epi8(_mm256_add_epi8(one(i), one(i + 1)), one(i + 2));
    };
    a0.add(three(pair, 0));
    a1.add(three(pair, 1));
    if constexpr (kPairs == 2) {
      b0.add(three(next_pair, 0));
      b1.add(three(next_pair, 1));
    }
  }
  add(sums[0][0], sums[1][0], a0);
  add(sums[0][1], sums[1][1], a1);
  if constexpr (kPairs == 2) {
    add(sums[2][0], sums[3][0], b0);
    add(sums[2][1], sums[3][1], b1);
  }
}

/// The bits of 32 neurons whose sums are greater than their limits.
FLUENCE_INLINE std::uint64_t greater_sums(const Sums& sums, const std::int16_t* limits) {
  const auto* v = reinterpret_cast<const __m256i*>(limits);
  const auto even = _mm256_cmpgt_epi16(sums.even, _mm256_load_si256(v));
  const auto odd = _mm256_cmpgt_epi16(sums.odd, _mm256_load_si256(v + 1));
  const auto both = _mm256_blendv_epi8(even, odd, _mm256_set1_epi16(static_cast<short>(0xff00)));
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(both));
}

/// Some columns of windows side by side, from the first row down: of the rows of pixels that they see,
/// the tables of three are kept.
template <Format kFormat, int kPairs>
class Strip {
 public:
  Strip(const Convolution& layer, int x)
      : layer_(layer), x_(x), pixel_tables_(layer.channel_words * kWordLookups) {}

  /// Computes the wanted windows of row y: bit k for column x + k. Rows must come in ascending order.
  void compute(const std::uint64_t* in, std::uint8_t* out, int y, unsigned wanted) {
    for (next_ = next_ < y ? y : next_; next_ < y + kSide; ++next_) {
      see(in + next_ * layer_.in_dim * layer_.channel_words * kPlanes<kFormat>, next_ % kSide);
    }
    const auto* weights = layer_.weights;
    for (int word = 0; word < layer_.out_words; ++word) {
      Sums sums[kWeightPlanes<kFormat>][kWindows][2];
      for (int plane = 0; plane < kWeightPlanes<kFormat>; ++plane) {
        for (int row = 0; row < kSide; ++row) {
          const auto* tables = tables_[(y + row) % kSide];
          for (int i = 0; i < kSide * pixel_tables_;
               i += kLookups, weights += kLookups * kLookupNeurons) {
            look_up<kPairs>(tables + i, tables + i + 2 * pixel_tables_, weights, sums[plane]);
          }
        }
      }
      for (int i = 0; i < kWindows; ++i) {
        if ((wanted >> i & 1) != 0) {
          const auto window = static_cast<unsigned>(y * layer_.out_dim + x_ + i);
          put_outputs(sums, i, word, out + window * layer_.out_stride + word * kPlanes<kFormat> * 8);
        }
      }
    }
  }

 private:
  static constexpr int kWindows = 2 * kPairs;
  static constexpr int kPixels = kWindows + kSide - 1;

  /// A row of pixels; beyond the map lies the last one again.
  void see(const std::uint64_t* row, int slot) {
    for (int k = 0; k < layer_.channel_words; ++k) {
      const auto words = [&](int i) {
        const int x = x_ + i < layer_.in_dim ? x_ + i : layer_.in_dim - 1;
        return row + (x * layer_.channel_words + k) * kPlanes<kFormat>;
      };
      auto* tables = tables_[slot] + k * kWordLookups;
      if constexpr (kPlanes<kFormat> == 1) {
        for (int i = 0; i + 1 < kPixels; ++i, tables += pixel_tables_) {
          const Offsets offsets(*words(i), *words(i + 1));
          for (int j = 0; j < kWordLookups; ++j) {
            put(tables[j], offsets.table(kEqualBits, j));
          }
        }
      } else {
        see_signs(words, tables);
        for (int i = 0; i < kPixels; ++i) {
          const int ones = __builtin_popcountll(words(i)[0]) +
                           (kFormat == Format::w2a2 ? __builtin_popcountll(words(i)[1]) : 0);
          ones_[slot][i] = ones + (k == 0 ? 0 : ones_[slot][i]);
        }
      }
    }
  }

  template <typename Words>
  FLUENCE_INLINE void see_signs(Words words, LookupTable* tables) const {
    Offsets offsets[kPixels];
    for (int i = 0; i < kPixels; ++i) {
      offsets[i] = Offsets(words(i)[0], words(i)[1]);
    }
    for (int j = 0; j < kWordLookups; ++j) {
      auto left = offsets[0].table(kUnequalSigns, j);
      FLUENCE_UNROLL
      for (int i = 1; i < kPixels; ++i) {
        const auto right = offsets[i].table(kUnequalSigns, j);
        put(tables[(i - 1) * pixel_tables_ + j], _mm_or_si128(left, _mm_slli_epi16(right, 4)));
        left = right;
      }
    }
  }

  /// The accumulators, from those sums that `Window::accumulate` names.
  FLUENCE_INLINE Sums accumulators(Sums (&sums)[kWeightPlanes<kFormat>][kWindows][2], int window,
                                   int half) const {
    auto result = sums[0][window][half];
    result.separate();
    if constexpr (kFormat == Format::w1a1) {
      return result;
    }
    result.even = _mm256_add_epi16(result.even, result.even);
    result.odd = _mm256_add_epi16(result.odd, result.odd);
    if constexpr (kFormat == Format::w2a2) {
      auto& once = sums[kWeightPlanes<kFormat> - 1][window][half];
      once.separate();
      result.even = _mm256_add_epi16(result.even, once.even);
      result.odd = _mm256_add_epi16(result.odd, once.odd);
    }
    int ones = 0;
    for (const auto& row : ones_) {
      ones += row[window] + row[window + 1] + row[window + 2];
    }
    const auto base = _mm256_set1_epi16(static_cast<short>(ones));
    return {_mm256_sub_epi16(base, result.even), _mm256_sub_epi16(base, result.odd)};
  }

  FLUENCE_INLINE void put_outputs(Sums (&sums)[kWeightPlanes<kFormat>][kWindows][2], int window,
                                  int word, std::uint8_t* out) const {
    const auto* limits = layer_.limits + word * kPlanes<kFormat> * kLookupNeurons;
    const auto low = accumulators(sums, window, 0);
    const auto high = accumulators(sums, window, 1);
    const auto passed = [&](int thresh) {
      const auto* own = limits + thresh * kLookupNeurons;
      return greater_sums(low, own) | greater_sums(high, own + kLookupNeurons / 2) << 32;
    };
    const auto first = passed(0);
    if constexpr (kPlanes<kFormat> == 1) {
      __builtin_memcpy(out, &first, sizeof first);
    } else {
      const auto second = passed(1);
      const std::uint64_t planes[2] = {~(first ^ second), ~(first | second)};
      __builtin_memcpy(out, planes, sizeof planes);
    }
  }

  const Convolution& layer_;
  int x_;
  int pixel_tables_;
  int next_ = 0;  ///< the row that comes next
  LookupTable tables_[kSide][(kPixels - 1) * kMostLookupWords * kWordLookups];
  int ones_[kSide][kPixels] = {};  ///< the accumulator's part of a pixel if every product were 0
};

template <Format kFormat, int kPairs>
void strip(const Convolution& layer, const std::uint64_t* in, std::uint8_t* out, int x,
           const unsigned* wanted) {
  Strip<kFormat, kPairs> strip(layer, x);
  for (int y = 0; y < layer.out_dim; ++y) {
    if (const auto columns = wanted[y] >> x & ((1U << 2 * kPairs) - 1); columns != 0) {
      strip.compute(in, out, y, columns);
    }
  }
}

template <Format kFormat>
void convolution_of(const Convolution& layer, const std::uint64_t* in, std::uint8_t* out,
                    const unsigned* wanted) {
  int x = 0;
  for (; x + 2 < layer.out_dim; x += 4) {
    strip<kFormat, 2>(layer, in, out, x, wanted);
  }
  if (x < layer.out_dim) {
    strip<kFormat, 1>(layer, in, out, x, wanted);
  }
}

void convolution(const Convolution& layer, const std::uint64_t* in, std::uint8_t* out,
                 const unsigned* wanted) {
  switch (layer.format) {
    case Format::w1a1: return convolution_of<Format::w1a1>(layer, in, out, wanted);
    case Format::w1a2: return convolution_of<Format::w1a2>(layer, in, out, wanted);
    case Format::w2a2: return convolution_of<Format::w2a2>(layer, in, out, wanted);
  }
}

#else

constexpr decltype(Kernels::convolution) convolution = nullptr;

#endif

}  // namespace
}  // namespace fluence::packed
