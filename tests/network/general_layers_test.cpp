// Layers of every width, window and number of thresholds on the fast engine, with every instruction set
// of this machine, against the clear inference: every number between the layers.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "network/packed.hpp"
#include "network/reference.hpp"
#include "tests/support/general_network.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/scores.hpp"

namespace fluence::test {
namespace {

const std::vector<Topology>& layer_networks() {
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
  };
  return nets;
}

Parameters drawn(const Topology& net, std::uint64_t seed) {
  auto parameters = random_parameters(net, seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < net.input_rows() * net.input.thresholds; ++i) {
    parameters.input_thresholds.push_back(static_cast<std::int32_t>(random() % 257) - 1);
  }
  return parameters;
}

std::vector<std::int32_t> numbers_of(const TraceTensor& tensor, const NumberFormat& format,
                                     const std::vector<std::uint64_t>& trace) {
  std::vector<std::int32_t> numbers;
  for (std::size_t i = 0; i < tensor.pixels * tensor.channels; ++i) {
    std::uint32_t code = 0;
    for (std::size_t plane = 0; plane < tensor.planes; ++plane) {
      const auto word = trace.at(tensor.offset + tensor.word_of(i) + plane);
      code |= static_cast<std::uint32_t>(word >> (i % 64) & 1) << plane;
    }
    numbers.push_back(format.number(code));
  }
  return numbers;
}

void expect_reference(const PackedNetwork& packed, const Parameters& parameters, const Image& image) {
  ReferenceTrace right;
  const auto scores = ReferenceNetwork(parameters).run(image, &right);
  std::vector<std::uint64_t> trace(packed.layout().words());
  packed.set_image(image, trace);
  packed.run_from(0, trace);
  EXPECT_EQ(numbers_of(packed.layout().input(0), packed.net().layers.front().in_format(), trace),
            right.input);
  for (const auto& layer : packed.net().layers) {
    if (layer.thresholds == 0) {
      continue;
    }
    const auto i = static_cast<std::size_t>(layer.index);
    EXPECT_EQ(numbers_of(packed.layout().output(layer.index), layer.out_format(), trace),
              right.outputs[i])
        << "layer " << i;
    if (layer.pool) {
      EXPECT_EQ(numbers_of(packed.layout().input(layer.index + 1), layer.out_format(), trace),
                right.pooled[i])
          << "pool of layer " << i;
    }
  }
  EXPECT_EQ(packed.scores(trace), scores);
}

class GeneralLayers : public testing::TestWithParam<std::size_t> {
 protected:
  const Topology& net_ = layer_networks().at(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Networks, GeneralLayers,
                         testing::Range(std::size_t{0}, layer_networks().size()),
                         [](const auto& param) { return layer_networks().at(param.param).name; });

TEST_P(GeneralLayers, GiveEveryNumberOfTheReference) {
  ASSERT_NO_THROW(require_computable(net_));
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const auto parameters = drawn(net_, seed);
    for (const auto isa : available_isas()) {
      SCOPED_TRACE(std::string(to_string(isa)) + " seed " + std::to_string(seed));
      expect_reference(PackedNetwork(parameters, isa), parameters, random_image(seed, net_.image()));
    }
  }
}

TEST_P(GeneralLayers, GiveThemAfterEveryWordHasChanged) {
  const auto before = drawn(net_, 4);
  auto after = drawn(net_, 5);
  after.input_thresholds = before.input_thresholds;
  for (const auto isa : available_isas()) {
    PackedNetwork packed(before, isa);
    for (const auto& layer : net_.layers) {
      for (int pe = 0; pe < layer.pe; ++pe) {
        for (int word = 0; word < layer.weight_words(); ++word) {
          packed.set_weight(layer.index, pe, word, after.weight(layer.index, pe, word));
        }
        for (int word = 0; word < layer.threshold_words(); ++word) {
          for (int t = 0; t < layer.thresholds; ++t) {
            packed.set_threshold(layer.index, pe, word, t, after.threshold(layer.index, pe, word, t));
          }
        }
      }
    }
    SCOPED_TRACE(to_string(isa));
    expect_reference(packed, after, random_image(6, net_.image()));
  }
}

// What is computed alone is what is computed with all others, and nothing else is written.
TEST_P(GeneralLayers, ComputeTheWantedWindowsAndGroups) {
  const auto parameters = drawn(net_, 7);
  for (const auto isa : available_isas()) {
    const PackedNetwork packed(parameters, isa);
    std::vector<std::uint64_t> whole(packed.layout().words());
    packed.set_image(random_image(8, net_.image()), whole);
    packed.run_from(0, whole);
    for (const auto& layer : net_.layers) {
      if (layer.thresholds == 0) {
        continue;
      }
      const auto& tensor = packed.layout().output(layer.index);
      const auto right = numbers_of(tensor, layer.out_format(), whole);
      auto trace = whole;
      const auto first = trace.begin() + static_cast<std::ptrdiff_t>(tensor.offset);
      std::fill(first, first + static_cast<std::ptrdiff_t>(tensor.words()), 0);
      const auto blank = numbers_of(tensor, layer.out_format(), trace);
      const std::vector<std::uint16_t> windows = {static_cast<std::uint16_t>(layer.out_pixels() - 1)};
      const int channel = layer.out_channels - 1;
      packed.compute(layer.index, trace.data() + packed.layout().input(layer.index).offset,
                     trace.data() + tensor.offset, windows,
                     std::uint64_t{1} << PackedNetwork::group_of(layer, channel));
      const auto numbers = numbers_of(tensor, layer.out_format(), trace);
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        const bool in_window = i / tensor.channels == windows.front();
        if (in_window && i % tensor.channels == static_cast<std::size_t>(channel)) {
          ASSERT_EQ(numbers[i], right[i]) << "layer " << layer.index << " value " << i;
        } else if (!in_window) {
          ASSERT_EQ(numbers[i], blank[i]) << "layer " << layer.index << " value " << i;
        }
      }
    }
  }
}

}  // namespace
}  // namespace fluence::test
