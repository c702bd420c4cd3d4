// Fills the margins of an image from its fault-free trace.
#pragma once

#include <cstdint>

#include "network/delta_neuron.hpp"
#include "network/packed_kernels.hpp"

namespace fluence::delta {
namespace {

/// A number for each neuron of a word.
struct Numbers {
  using Some = std::int16_t __attribute__((vector_size(kWords * 8)));
  static constexpr int kParts = kWordBits / (kWords * 4);
  Some part[kParts];
};

/// Bit k: number k of what `operation` makes of them is negative.
template <typename Operation>
FLUENCE_INLINE Word negative(const Numbers& numbers, Operation operation) {
  Word result = 0;
  FLUENCE_UNROLL
  for (int i = 0; i < Numbers::kParts; ++i) {
    const Numbers::Some some = operation(numbers.part[i]);
#if defined(__AVX512VPOPCNTDQ__)
    result |= Word{_mm512_movepi16_mask((__m512i)some)} << (32 * i);
#elif defined(__AVX2__)
    // Packing keeps signs; it interleaves halves, which the permutation undoes.
    const auto bytes =
        _mm256_permute4x64_epi64(_mm256_packs_epi16((__m256i)some, _mm256_setzero_si256()), 0b11011000);
    result |= Word{static_cast<std::uint32_t>(_mm256_movemask_epi8(bytes)) & 0xffff} << (16 * i);
#else
    for (int k = 0; k < kWords * 4; ++k) {
      result |= Word{some[k] < 0} << (i * kWords * 4 + k);
    }
#endif
  }
  return result;
}

/// The margins of eight neurons in a window whose input is `columns`, of each level.
template <typename F>
FLUENCE_INLINE void margins_of_group(const Layer& layer, int group, const Word* columns,
                                     std::int16_t (*margins)[kWordBits]) {
  const int words = layer.columns / kWordBits;
  const Word* weights = layer.grouped + group * words * F::kWeightBits * packed::kGroup;
  packed::BitCounter once, twice;
  for (int k = 0; k < words; ++k, weights += F::kWeightBits * packed::kGroup) {
    FLUENCE_UNROLL
    for (int level = 0; level < F::kLevels; ++level) {
      const auto column = packed::broadcast(columns[level * words + k]);
      if constexpr (F::kWeightBits == 1) {
        once.add(packed::exclusive_or(column, packed::load(weights)));
      } else {
        // a & (b ^ c), without a c
        const auto zero = packed::broadcast(0);
        once.add(packed::and_xor(column, packed::load(weights), zero));
        twice.add(packed::and_xor(column, packed::load(weights + packed::kGroup), zero));
      }
    }
    if (k % 8 == 7) {
      once.flush();
      twice.flush();
    }
  }
  auto deficit = once.total();
  if constexpr (F::kWeightBits == 2) {
    const auto high = twice.total();
    deficit = packed::subtract(high, packed::subtract(deficit, high));
  }
  for (int level = 0; level < F::kLevels; ++level) {
    const auto lanes = packed::subtract(
        packed::load(layer.limits + level * layer.out_words * kWordBits + group * packed::kGroup),
        deficit);
    std::int16_t* to = margins[level] + group % packed::kGroup * packed::kGroup;
#if defined(__AVX512VPOPCNTDQ__)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi64_epi16(lanes.v));
#else
    std::int64_t wide[packed::kGroup];
    packed::store(lanes, wide);
    for (int i = 0; i < packed::kGroup; ++i) {
      to[i] = static_cast<std::int16_t>(wide[i]);
    }
#endif
  }
}

/// Where levels fall and rise if a flip of a weight's bit moves the sum.
template <typename F>
FLUENCE_INLINE void put_near(const Layer& layer, const Numbers& numbers, int level, int w, int y, int x,
                             Word* margins) {
  using Some = Numbers::Some;
  for (int bit = 0; bit < F::kWeightBits; ++bit) {
    const auto step = static_cast<std::int16_t>(F::step(bit));
    const Word near[2] = {negative(numbers, [&](Some m) { return (m - step) & ~m; }),
                          negative(numbers, [&](Some m) { return m & ~(m + step); })};
    for (int k = 0; k < 2; ++k) {
      const int list = (level * F::kWeightBits + bit) * 2 + k;
      if (layer.one_window) {
        margins[layer.near + static_cast<std::size_t>(list * layer.out_words + w)] = near[k];
        continue;
      }
      auto* rows = reinterpret_cast<std::uint32_t*>(margins + layer.near) + list * layer.out_dim + y;
      for (auto left = near[k]; left != 0; left &= left - 1) {
        const int neuron = w * kWordBits + __builtin_ctzll(left);
        rows[neuron * F::kLevels * F::kWeightBits * 2 * layer.out_dim] |= std::uint32_t{1} << x;
      }
    }
  }
}

/// Of a layer of one window, in an image's margins.
inline std::int16_t* numbers_of(const Layer& layer, Word* margins) {
  return reinterpret_cast<std::int16_t*>(margins + layer.numbers);
}

template <typename F>
void margins_of_window(const Layer& layer, const Word* in, int y, int x, Word* margins) {
  constexpr int kMostColumns = 36;  // words: 3 x 3 pixels of 256 channels
  Word columns[F::kLevels * kMostColumns];
  const int row_words = layer.one_window ? layer.columns / kWordBits : 3 * layer.in_words;
  for (int level = 0, k = 0; level < F::kLevels; ++level) {
    const Word* tensor = in + static_cast<std::size_t>(level) * layer.in_level;
    for (int ky = 0; ky * row_words < layer.columns / kWordBits; ++ky) {
      const Word* row = tensor + ((y + ky) * layer.in_dim + x) * layer.in_words;
      for (int i = 0; i < row_words; ++i) {
        columns[k++] = row[i];
      }
    }
  }
  const int planes = planes_of(layer.margin_bits);
  const auto vector = static_cast<std::size_t>((y * layer.groups + x / layer.group) * layer.chunks);
  Word* first =
      margins + layer.margins + vector * static_cast<std::size_t>(F::kLevels * planes * kWords);
  const int lane = layer.chunks > 1 ? 0 : x % layer.group * layer.out_words;
  for (int w = 0; w < layer.out_words; ++w) {
    alignas(64) std::int16_t all[F::kLevels][kWordBits];
    for (int i = 0; i < 8; ++i) {
      margins_of_group<F>(layer, w * 8 + i, columns, all);
    }
    for (int level = 0; level < F::kLevels; ++level) {
      Numbers numbers;
      __builtin_memcpy(&numbers, all[level], sizeof numbers);
      using Some = Numbers::Some;
      if (layer.by_channels) {
        const int window = y * layer.out_dim + x;
        auto* needs = reinterpret_cast<std::int8_t*>(margins + layer.margins) +
                      ((window * layer.out_words + w) * F::kLevels + level) * kWordBits;
        for (int i = 0; i < kWordBits; ++i) {
          const int need = -all[level][i];
          needs[i] = static_cast<std::int8_t>(need > 127 ? 127 : need < -127 ? -127 : need);
        }
      } else {
        Word* plane =
            first + ((lane + w) / kWords * F::kLevels + level) * planes * kWords + (lane + w) % kWords;
        plane[0] = negative(numbers, [](Some m) { return m; });
        plane[kFar4 * kWords] = negative(numbers, [](Some m) { return (m + 4) | (3 - m); });
        plane[kFar16 * kWords] = negative(numbers, [](Some m) { return (m + 16) | (15 - m); });
        for (int bit = 0; bit < layer.margin_bits - 1; ++bit) {
          plane[plane_of_bit(bit) * kWords] = negative(numbers, [&](Some m) { return m << (15 - bit); });
        }
      }
      if (layer.one_window) {
        __builtin_memcpy(numbers_of(layer, margins) + (level * layer.out_words + w) * kWordBits,
                         all[level], sizeof all[level]);
      }
      put_near<F>(layer, numbers, level, w, y, x, margins);
    }
  }
}

inline void margins_of_first(const Layer& layer, const std::uint8_t* pixels, Word* margins) {
  auto* codes = reinterpret_cast<std::int16_t*>(margins + layer.margins);
  const int in_dim = layer.in_dim;
  for (int y = 0; y < in_dim; ++y) {
    for (int x = 0; x < in_dim; ++x) {
      for (int colour = 0; colour < 3; ++colour) {
        codes[colour * kFirstPlane + y * kMostDim + x] = pixels[(y * in_dim + x) * 3 + colour];
      }
    }
  }
  for (int y = 0; y < layer.out_dim; ++y) {
    for (int x = 0; x < layer.out_dim; ++x) {
      int sum = 0;
      for (int tap = 0; tap < 27; ++tap) {
        sum += codes[tap % 3 * kFirstPlane + (y + tap / 9) * kMostDim + x + tap / 3 % 3];
      }
      codes[kFirstSums + y * kMostDim + x] = static_cast<std::int16_t>(sum);
    }
  }
}

inline void margins(const Network& net, const std::uint8_t* pixels, const Word* trace, Word* margins) {
  margins_of_first(net.layers[0], pixels, margins);
  for (int i = 1; i + 1 < net.count; ++i) {
    const auto& layer = net.layers[i];
    in_format(layer, [&](auto format) {
      using F = decltype(format);
      for (int y = 0; y < layer.out_dim; ++y) {
        for (int x = 0; x < layer.out_dim; ++x) {
          margins_of_window<F>(layer, trace + layer.in, y, x, margins);
        }
      }
      return true;
    });
  }
}

}  // namespace
}  // namespace fluence::delta
