// The kernels of a layer on the image: by products, for any windows, or row by row. There the sums of a
// pixel or two under all weights' bits that there can be are made once, and a neuron adds six of them,
// for a row of windows at once.
//
// Included by packed_kernels.cpp alone, once per instruction set: no library templates.
#pragma once

#include "network/packed_ints.hpp"
#include "network/packed_kernels.hpp"
#include "network/packed_lanes.hpp"

namespace fluence::packed {
namespace {

constexpr int kMaxThresholds = 2;

void first_block(const FirstLayer& layer, int block, const std::uint8_t* in, std::uint8_t* out,
                 const Work& work) {
  ShortLanes weights[kFirstPairs];
  FLUENCE_UNROLL
  for (int pair = 0; pair < kFirstPairs; ++pair) {
    weights[pair] = load_shorts(layer.weights + (block * kFirstPairs + pair) * kFirstBlock * 2);
  }
  ShortLanes limits[kMaxThresholds] = {};
  for (int t = 0; t < layer.planes; ++t) {
    limits[t] = load_shorts(layer.thresholds + (block * layer.planes + t) * kFirstBlock);
  }
  constexpr int kRowPairs = kFirstPairs / kFirstRows;
  for (int i = 0; i < work.window_count; ++i) {
    const int index = work.windows[i];
    const auto* window = in + layer.origins[index];
    auto sum = zero_shorts();
    FLUENCE_UNROLL
    for (int pair = 0; pair < kFirstPairs; ++pair) {
      const auto* bytes = window + static_cast<unsigned>(pair / kRowPairs) * layer.row_stride +
                          static_cast<unsigned>(pair % kRowPairs * 2);
      sum = add_products(sum, bytes, weights[pair]);
    }
    const auto put = [&](int plane, std::uint32_t mask) {
      const int byte = group_byte(block * (kFirstBlock / kGroup), plane, layer.planes);
      __builtin_memcpy(out + static_cast<unsigned>(index) * layer.out_stride + byte, &mask, sizeof mask);
    };
    const auto first = greater_shorts(sum, limits[0]);
    if (layer.planes == 1) {
      put(0, first);
    } else {
      const auto second = greater_shorts(sum, limits[1]);
      put(0, ~(first ^ second));
      put(1, ~(first | second));
    }
  }
}

void first(const FirstLayer& layer, const std::uint8_t* in, std::uint8_t* out, const Work& work) {
  for (int block = 0; block < layer.blocks; ++block) {
    for (int j = 0; j < work.group_count; ++j) {
      if (work.groups[j] / (kFirstBlock / kGroup) == block) {
        first_block(layer, block, in, out, work);
        break;
      }
    }
  }
}

/// Of three rows of pixels the sums that neurons add: of two pixels side by side under each of the 64
/// patterns of six weights' bits, and of the pixel behind them under the eight patterns of three.
template <int kWeightBits>
class PixelSums {
 public:
  FLUENCE_INLINE void see(const std::uint8_t* bytes, int pixels, int row) {
    std::int16_t colours[kFirstColours][kFirstRowPixels + kFirstRows - 1] = {};
    for (int x = 0; x < pixels; ++x) {
      for (int i = 0; i < kFirstColours; ++i) {
        colours[i][x] = bytes[kFirstColours * x + i];
      }
    }
    // What a colour adds by its weight's bit: of weights of one bit -+ itself, else 0 or itself, and the
    // bits' values come later.
    const auto term = [&](int pixel, int pattern, int i) {
      const auto colour = load_shorts(colours[i] + pixel);
      const bool set = (pattern >> i & 1) != 0;
      const auto zero = zero_shorts();
      return set ? colour : kWeightBits == 1 ? subtract(zero, colour) : zero;
    };
    const auto sum = [&](int pixel, int pattern) {
      return add(add(term(pixel, pattern, 0), term(pixel, pattern, 1)), term(pixel, pattern, 2));
    };
    auto* to = row_of(row);
    FLUENCE_UNROLL
    for (int second = 0; second < kFirstPatterns; ++second) {
      const auto behind = sum(1, second);
      FLUENCE_UNROLL
      for (int pattern = 0; pattern < kFirstPatterns; ++pattern, to += kFirstRowPixels) {
        store(add(behind, sum(0, pattern)), to);
      }
    }
    FLUENCE_UNROLL
    for (int pattern = 0; pattern < kFirstPatterns; ++pattern, to += kFirstRowPixels) {
      store(sum(2, pattern), to);
    }
  }
  [[nodiscard]] FLUENCE_INLINE std::int16_t* row_of(int row) { return sums_[row % kFirstRows]; }

 private:
  alignas(
      64) std::int16_t sums_[kFirstRows][kFirstPatterns * (kFirstPatterns + 1) * kFirstRowPixels] = {};
};

template <int kWeightBits, int kPlanes>
class FirstRows {
 public:
  explicit FirstRows(const FirstLayer& layer) : layer_(layer) {}

  /// Computes the wanted windows of row y: bit x. Rows must come in ascending order.
  void compute(const std::uint8_t* in, std::uint8_t* out, const Work& work, int y, unsigned wanted) {
    for (next_ = next_ < y ? y : next_; next_ < y + kFirstRows; ++next_) {
      sums_.see(in + static_cast<unsigned>(next_) * layer_.row_stride, layer_.in_dim, next_);
    }
    auto* pixels = out + static_cast<unsigned>(y * layer_.out_dim) * layer_.out_stride;
    for (int j = 0; j < work.group_count;) {
      const int word = work.groups[j] / 8;
      std::uint64_t groups = 0;
      for (; j < work.group_count && work.groups[j] / 8 == word; ++j) {
        group(work.groups[j], y);
        groups |= std::uint64_t{0xff} << work.groups[j] % 8 * 8;
      }
      put(pixels + word * kPlanes * 8, groups, wanted);
    }
  }

 private:
  FLUENCE_INLINE void group(int group, int y) {
    const std::int16_t* rows[kFirstRows] = {sums_.row_of(y), sums_.row_of(y + 1), sums_.row_of(y + 2)};
    const auto* limits = layer_.thresholds + group / (kFirstBlock / kGroup) * kPlanes * kFirstBlock +
                         group % (kFirstBlock / kGroup) * kGroup;
    const auto* terms = layer_.terms + group * kGroup * kWeightBits * kFirstTerms;
    GreaterBits passed[kPlanes];
    FLUENCE_UNROLL
    for (int lane = 0; lane < kGroup; ++lane) {
      const auto plane = [&](int bit) {
        const auto* own = terms + (lane * kWeightBits + bit) * kFirstTerms;
        auto sum = load_shorts(rows[0] + own[0]);
        FLUENCE_UNROLL
        for (int i = 1; i < kFirstTerms; ++i) {
          sum = add(sum, load_shorts(rows[i / 2] + own[i]));
        }
        return sum;
      };
      auto sum = plane(0);
      if constexpr (kWeightBits == 2) {
        const auto high = plane(1);
        sum = subtract(subtract(sum, high), high);
      }
      FLUENCE_UNROLL
      for (int t = 0; t < kPlanes; ++t) {
        passed[t].add(sum, broadcast_short(limits[t * kFirstBlock + lane]), lane);
      }
    }
    FLUENCE_UNROLL
    for (int t = 0; t < kPlanes; ++t) {
      passed[t].store(passed_[t][group % 8]);
    }
  }

  /// Outputs of the eight groups of a word, those of which the bits are set.
  FLUENCE_INLINE void put(std::uint8_t* pixels, std::uint64_t groups, unsigned wanted) const {
    std::uint64_t words[kPlanes][kFirstRowPixels];
    FLUENCE_UNROLL
    for (int t = 0; t < kPlanes; ++t) {
      transpose(passed_[t], words[t]);
    }
    for (int x = 0; x < layer_.out_dim; ++x) {
      if ((wanted >> x & 1) == 0) {
        continue;
      }
      std::uint64_t planes[kPlanes] = {words[0][x]};
      if constexpr (kPlanes == 2) {
        planes[0] = ~(words[0][x] ^ words[1][x]);
        planes[1] = ~(words[0][x] | words[1][x]);
      }
      auto* to = pixels + static_cast<unsigned>(x) * layer_.out_stride;
      FLUENCE_UNROLL
      for (int plane = 0; plane < kPlanes; ++plane) {
        std::uint64_t old = 0;
        __builtin_memcpy(&old, to + 8 * plane, sizeof old);
        old = (old & ~groups) | (planes[plane] & groups);
        __builtin_memcpy(to + 8 * plane, &old, sizeof old);
      }
    }
  }

  const FirstLayer& layer_;
  int next_ = 0;  ///< the row of pixels that comes next
  PixelSums<kWeightBits> sums_;
  std::uint8_t passed_[kPlanes][8][kFirstRowPixels] = {};  ///< [thresh][group of a word][window]
};

template <int kWeightBits, int kPlanes>
void first_rows_of(const FirstLayer& layer, const std::uint8_t* in, std::uint8_t* out, const Work& work,
                   const unsigned* wanted) {
  FirstRows<kWeightBits, kPlanes> rows(layer);
  for (int y = 0; y < layer.out_dim; ++y) {
    if (wanted[y] != 0) {
      rows.compute(in, out, work, y, wanted[y]);
    }
  }
}

void first_rows(const FirstLayer& layer, const std::uint8_t* in, std::uint8_t* out, const Work& work,
                const unsigned* wanted) {
  if (layer.weight_bits == 1) {
    layer.planes == 1 ? first_rows_of<1, 1>(layer, in, out, work, wanted)
                      : first_rows_of<1, 2>(layer, in, out, work, wanted);
  } else {
    layer.planes == 1 ? first_rows_of<2, 1>(layer, in, out, work, wanted)
                      : first_rows_of<2, 2>(layer, in, out, work, wanted);
  }
}

}  // namespace
}  // namespace fluence::packed
