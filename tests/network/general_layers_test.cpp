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
#include "tests/support/general_networks.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/scores.hpp"

namespace fluence::test {
namespace {

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
          packed.set_weight(layer.index, pe, word, after.weight_word(layer.index, pe, word));
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
