// Fills the margins of an image from its fault-free trace.
#pragma once

#include <cstdint>

#include "network/delta_lanes.hpp"
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

/// The margins of eight neurons in a window whose input is `columns`.
FLUENCE_INLINE void margins_of_group(const Layer& layer, int group, const Word* columns,
                                     std::int16_t* margins) {
  const int words = layer.columns / kWordBits;
  const Word* weights = layer.grouped + group * words * packed::kGroup;
  packed::BitCounter wrong;
  for (int k = 0; k < words; ++k) {
    wrong.add(
        packed::exclusive_or(packed::broadcast(columns[k]), packed::load(weights + k * packed::kGroup)));
    if (k % 16 == 15) {
      wrong.flush();
    }
  }
  const auto lanes =
      packed::subtract(packed::load(layer.limits + group * packed::kGroup), wrong.total());
#if defined(__AVX512VPOPCNTDQ__)
  _mm_storeu_si128(reinterpret_cast<__m128i*>(margins), _mm512_cvtepi64_epi16(lanes.v));
#else
  std::int64_t wide[packed::kGroup];
  packed::store(lanes, wide);
  for (int i = 0; i < packed::kGroup; ++i) {
    margins[i] = static_cast<std::int16_t>(wide[i]);
  }
#endif
}

inline void margins_of_window(const Layer& layer, const Word* in, int y, int x, Word* margins) {
  constexpr int kMostColumns = 36;  // words: 3 x 3 pixels of 256 channels
  Word columns[kMostColumns];
  const int row_words = layer.one_window ? layer.columns / kWordBits : 3 * layer.in_words;
  for (int k = 0, ky = 0; k < layer.columns / kWordBits; ++ky) {
    const Word* row = in + ((y + ky) * layer.in_dim + x) * layer.in_words;
    for (int i = 0; i < row_words; ++i) {
      columns[k++] = row[i];
    }
  }
  const int planes = planes_of(layer.margin_bits);
  const auto vector = static_cast<std::size_t>((y * layer.groups + x / layer.group) * layer.chunks);
  Word* first = margins + layer.margins + vector * static_cast<std::size_t>(planes * kWords);
  const int lane = layer.chunks > 1 ? 0 : x % layer.group * layer.out_words;
  for (int w = 0; w < layer.out_words; ++w) {
    alignas(64) std::int16_t all[kWordBits];
    for (int i = 0; i < 8; ++i) {
      margins_of_group(layer, w * 8 + i, columns, all + i * packed::kGroup);
    }
    Numbers numbers;
    __builtin_memcpy(&numbers, all, sizeof numbers);
    using Some = Numbers::Some;
    if (layer.by_channels) {
      auto* needs = reinterpret_cast<std::int8_t*>(margins + layer.margins) +
                    ((y * layer.out_dim + x) * layer.out_words + w) * kWordBits;
      for (int i = 0; i < kWordBits; ++i) {
        const int need = -all[i];
        needs[i] = static_cast<std::int8_t>(need > 127 ? 127 : need < -127 ? -127 : need);
      }
    } else {
      Word* plane = first + (lane + w) / kWords * planes * kWords + (lane + w) % kWords;
      plane[0] = negative(numbers, [](Some m) { return m; });
      plane[kFar4 * kWords] = negative(numbers, [](Some m) { return (m + 4) | (3 - m); });
      plane[kFar16 * kWords] = negative(numbers, [](Some m) { return (m + 16) | (15 - m); });
      for (int bit = 0; bit < layer.margin_bits - 1; ++bit) {
        plane[plane_of_bit(bit) * kWords] = negative(numbers, [&](Some m) { return m << (15 - bit); });
      }
    }
    const Word near[2] = {negative(numbers, [](Some m) { return (m - 1) & ~m; }),
                          negative(numbers, [](Some m) { return m & ~(m + 1); })};
    for (int k = 0; k < 2; ++k) {
      if (layer.one_window) {
        margins[layer.near + static_cast<std::size_t>(k * layer.out_words + w)] = near[k];
        continue;
      }
      auto* rows = reinterpret_cast<std::uint32_t*>(margins + layer.near) + k * layer.out_dim + y;
      for (auto left = near[k]; left != 0; left &= left - 1) {
        const int neuron = w * kWordBits + __builtin_ctzll(left);
        rows[neuron * 2 * layer.out_dim] |= std::uint32_t{1} << x;
      }
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

inline void margins(const Network& net, const Word* trace, Word* margins) {
  margins_of_first(net.layers[0], reinterpret_cast<const std::uint8_t*>(trace + net.layers[0].in),
                   margins);
  for (int i = 1; i + 1 < net.count; ++i) {
    const auto& layer = net.layers[i];
    for (int y = 0; y < layer.out_dim; ++y) {
      for (int x = 0; x < layer.out_dim; ++x) {
        margins_of_window(layer, trace + layer.in, y, x, margins);
      }
    }
  }
}

}  // namespace
}  // namespace fluence::delta
