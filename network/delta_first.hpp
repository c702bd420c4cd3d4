// Changed neurons of the layer on the image, one by one, a row of windows at a time.
#pragma once

#include <cstdint>

#include "network/delta_neuron.hpp"

namespace fluence::delta {
namespace {

constexpr int kTaps = 27;  // [kernel row][kernel column][colour]
constexpr int kPixelOffset = 128;

/// 32 numbers of 16 bits.
struct Shorts {
  using Some = std::int16_t __attribute__((vector_size(kWords * 8)));
  static constexpr int kParts = 32 / (kWords * 4);
  Some part[kParts];
  FLUENCE_INLINE void add(const std::int16_t* numbers) {
    FLUENCE_UNROLL
    for (int i = 0; i < kParts; ++i) {
      Some some;
      __builtin_memcpy(&some, numbers + i * kWords * 4, sizeof some);
      part[i] += some;
    }
  }
};

// With u = code + 128, sum(w u) is twice a sum of pixels plus another one: of weights of one bit, +-1,
// 2 sum(u of w = 1) - sum(u); of two, -2 h + l, 2 (-sum(u of h = 1)) + sum(u of l = 1). The accumulator
// is twice sum(w code), which passes a threshold t if sum(w code) > floor(t / 2). Sums fit in 16 bits,
// and a bound beyond them is as good at their end.
template <typename F>
bool first_layer(const Task& task) {
  const auto& layer = task.layer;
  const auto all_windows = ~std::uint32_t{0} >> (32 - layer.out_dim);
  const auto* codes = reinterpret_cast<const std::int16_t*>(task.image.margins + layer.margins);
  bool any = false;
  for (const auto& neuron : task.others()) {
    int offsets[kMostWeightBits][kTaps];
    int ones[kMostWeightBits] = {};
    for (int bit = 0; bit < F::kWeightBits; ++bit) {
      for (auto left = task.trial.rows[neuron.row + static_cast<unsigned>(bit)]; left != 0;
           left &= left - 1) {
        const int tap = __builtin_ctzll(left);
        offsets[bit][ones[bit]++] = tap % 3 * kFirstPlane + tap / 9 * kMostDim + tap / 3 % 3;
      }
    }
    const int weights = F::kWeightBits == 1 ? 2 * ones[0] - kTaps : ones[0] - 2 * ones[1];
    packed::ShortLanes limits[F::kLevels];
    for (int level = 0; level < F::kLevels; ++level) {
      const int wanted = (neuron.thresholds[level] >> 1) + kPixelOffset * weights;
      const int bound = wanted < -0x8000 ? -0x8000 : wanted > 0x7fff ? 0x7fff : wanted;
      std::int16_t bounds[32];
      for (auto& number : bounds) {
        number = static_cast<std::int16_t>(bound);
      }
      limits[level] = packed::load_shorts(bounds);
    }
    for (int y = 0; y < layer.out_dim; ++y) {
      Shorts sums[kMostWeightBits] = {};
      for (int bit = 0; bit < F::kWeightBits; ++bit) {
        for (int i = 0; i < ones[bit]; ++i) {
          sums[bit].add(codes + offsets[bit][i] + y * kMostDim);
        }
      }
      if (F::kWeightBits == 1) {
        sums[1].add(codes + kFirstSums + y * kMostDim);
      }
      FLUENCE_UNROLL
      for (int i = 0; i < Shorts::kParts; ++i) {
        sums[0].part[i] = F::kWeightBits == 1 ? sums[0].part[i] + sums[0].part[i] - sums[1].part[i]
                                              : sums[0].part[i] - sums[1].part[i] - sums[1].part[i];
      }
      const auto sum = packed::load_shorts(&sums[0]);
      for (int level = 0; level < F::kLevels; ++level) {
        const auto passing = packed::greater_shorts(sum, limits[level]);
        any |= put_row(task, level, neuron.neuron, y,
                       (passing ^ fault_free_row(task, level, neuron.neuron, y)) & all_windows);
      }
    }
  }
  return any;
}

}  // namespace
}  // namespace fluence::delta
