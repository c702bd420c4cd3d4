// Networks of every kind of layer and number that no published network has.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "network/parameters.hpp"
#include "tests/support/general_network.hpp"
#include "tests/support/random_network.hpp"

namespace fluence::test {

inline const std::vector<Topology>& layer_networks() {
  static const std::vector<Topology> nets = {
      // Signs: windows in parts of words, sums of signs, a last block of one neuron.
      General("signs", 9, 11, 19, {1})
          .convolution({3, 2, 2, 1}, 17, 1, {1}, 1)
          .convolution({2, 3}, 16, 1, {1}, 1)
          .sums_of_signs()
          .pool({2, 2, 1, 1})
          .full(70, 1, unsigned_of(1), 1)
          .scores(33, 1),
      // Every kind of two and three bits, padding, pools that overlap and are padded.
      General("few_bits", 13, 12, 5, unsigned_of(2))
          .convolution({3, 3, 1, 1, 1, 1, 1, 1}, 24, 2, {2}, 3)
          .pool({3, 3, 2, 2, 1, 1, 1, 1})
          .convolution({5, 3, 1, 2, 2, 0, 2, 2}, 21, 1, {3}, 7)
          .convolution({2, 2}, 40, 3, unsigned_of(3), 6)
          .full(50, 2, {1}, 1)
          .full(31, 4, unsigned_of(4), 15)
          .scores(10, 1),
      // Words of more than 31 rounds of a byte's counter; four planes of weights and of inputs.
      General("long_rows", 1, 1, 2200, {4}).full(18, 1, {4}, 15).full(9, 4, {2}, 2).scores(3, 2),
      // Numbers: 8 bits with 255 thresholds, padding, strides, 8-bit weights; searched thresholds of 16.
      General("many_bits", 10, 9, 3, unsigned_of(8))
          .convolution({3, 3, 2, 2, 1, 1, 0, 1}, 20, 2, unsigned_of(8), 255)
          .convolution({3, 3, 1, 1, 1, 1, 1, 1}, 33, 8, {8}, 255)
          .pool({2, 2, 1, 1, 1, 1, 0, 0})
          .convolution({2, 1}, 7, 5, {5}, 16)
          .full(12, 7, {6}, 40)
          .scores(6, 2),
      // Input thresholds of each channel; accumulators that wrap, of planes and of numbers.
      General("wraps", 8, 8, 3, unsigned_of(8))
          .input({3}, 7)
          .convolution({3, 3}, 16, 4, {2}, 3)
          .accumulator(6)
          .convolution({3, 3}, 32, 2, unsigned_of(8), 200)
          .accumulator(5)
          .full(16, 1, {1}, 1)
          .accumulator(7)
          .scores(4, 1)
          .accumulator(3),
      // Words of 144 bits, of 216 in which weights lie in two limbs, of 72, and of 288 inputs.
      General("wide_words_of_any", 3, 3, 36, unsigned_of(4))
          .convolution({2, 2}, 72, 4, unsigned_of(3), 7)
          .folding(36, 3)
          .convolution({2, 2}, 144, 3, {1}, 1)
          .folding(72, 4)
          .full(144, 1, unsigned_of(4), 15)
          .folding(72, 2)
          .full(36, 4, {8}, 100)
          .folding(72, 1)
          .scores(9, 2)
          .folding(36, 3),
  };
  return nets;
}

/// Random parameters, those of the input among them.
inline Parameters drawn(const Topology& net, std::uint64_t seed) {
  auto parameters = random_parameters(net, seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < net.input_rows() * net.input.thresholds; ++i) {
    parameters.input_thresholds.push_back(static_cast<std::int32_t>(random() % 257) - 1);
  }
  return parameters;
}

}  // namespace fluence::test
