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

// Weights are +-1: sum(w u) = 2 sum(u of w = 1) - sum(u), with u = code + 128. The accumulator is twice
// sum(w code), which passes a threshold t if sum(w code) > floor(t / 2). Sums fit in 16 bits, and a
// bound beyond them is as good at their end.
inline bool first_layer(const Task& task) {
  const auto& layer = task.layer;
  const auto* codes = reinterpret_cast<const std::int16_t*>(task.image.margins + layer.margins);
  bool any = false;
  for (const auto& neuron : task.others()) {
    const Word weights = task.trial.rows[neuron.row];
    int offsets[kTaps];
    int ones = 0;
    for (int tap = 0; tap < kTaps; ++tap) {
      if ((weights >> tap & 1) != 0) {
        offsets[ones++] = tap % 3 * kFirstPlane + tap / 9 * kMostDim + tap / 3 % 3;
      }
    }
    const int wanted = (neuron.threshold >> 1) + kPixelOffset * (2 * ones - kTaps);
    const int bound = wanted < -0x8000 ? -0x8000 : wanted > 0x7fff ? 0x7fff : wanted;
    std::int16_t bounds[32];
    for (auto& number : bounds) {
      number = static_cast<std::int16_t>(bound);
    }
    const auto limits = packed::load_shorts(bounds);
    for (int y = 0; y < layer.out_dim; ++y) {
      Shorts sum = {};
      for (int i = 0; i < ones; ++i) {
        sum.add(codes + offsets[i] + y * kMostDim);
      }
      const auto* all = codes + kFirstSums + y * kMostDim;
      FLUENCE_UNROLL
      for (int i = 0; i < Shorts::kParts; ++i) {
        Shorts::Some some;
        __builtin_memcpy(&some, all + i * kWords * 4, sizeof some);
        sum.part[i] += sum.part[i] - some;
      }
      const auto passing = packed::greater_shorts(packed::load_shorts(&sum), limits);
      const auto different =
          (passing ^ fault_free_row(task, neuron.neuron, y)) & ~std::uint32_t{0} >> (32 - layer.out_dim);
      any |= put_row(task, neuron.neuron, y, different);
    }
  }
  return any;
}

}  // namespace
}  // namespace fluence::delta
