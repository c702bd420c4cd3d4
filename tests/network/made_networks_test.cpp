// The bit-packed inference of layers without a kernel of their own: never a silent wrong result.
#include "tests/support/made_networks.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <bit>
#include <map>
#include <ostream>
#include <string>

#include "base/error.hpp"
#include "network/packed.hpp"
#include "network/reference.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/scores.hpp"

namespace fluence::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Made : public testing::TestWithParam<std::size_t> {
 protected:
  const Topology& net_ = made_networks().at(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Networks, Made, testing::Range(std::size_t{0}, made_networks().size()),
                         [](const auto& param) { return made_networks().at(param.param).name; });

TEST_P(Made, GivesTheReferencesScores) {
  const auto parameters = random_parameters(net_, 3);
  const ReferenceNetwork reference(parameters);
  for (const auto isa : available_isas()) {
    const PackedNetwork packed(parameters, isa);
    for (const auto seed : {std::uint64_t{1}, std::uint64_t{2}}) {
      const auto image = random_image(seed, net_.image());
      ASSERT_EQ(packed.run(image), reference.run(image)) << to_string(isa) << " image " << seed;
    }
  }
}

TEST_P(Made, GivesThemAfterChangesOfParameters) {
  auto parameters = random_parameters(net_, 3);
  PackedNetwork packed(parameters);
  const auto other = random_parameters(net_, 4);
  for (const auto& layer : net_.layers) {
    const auto word = other.weight_word(layer.index, layer.pe - 1, 1);
    packed.set_weight(layer.index, layer.pe - 1, 1, word);
    std::ranges::copy(word, parameters.weight_word(layer.index, layer.pe - 1, 1).begin());
    for (int t = 0; t < layer.thresholds; ++t) {
      packed.set_threshold(layer.index, 0, 0, t, other.threshold(layer.index, 0, 0, t));
      parameters.threshold(layer.index, 0, 0, t) = other.threshold(layer.index, 0, 0, t);
    }
  }
  const auto image = random_image(1, net_.image());
  EXPECT_EQ(packed.run(image), ReferenceNetwork(parameters).run(image));
}

TEST(OwnKernels, AreThereForEveryLayerOfThePublishedNetworks) {
  for (const auto& net : all_topologies()) {
    for (const auto& layer : net.layers) {
      EXPECT_TRUE(PackedNetwork::has_own_kernel(layer)) << net.name << " layer " << layer.index;
    }
  }
}

TEST(OwnKernels, AreThereForNoOtherLayers) {
  const std::map<std::string, std::string> wanted = {
      {"simd64", "yyyyyyyyy"},     {"narrow", "nnnnnynnn"},    {"between", "yyynyynnn"},
      {"straddling", "nnnnnnnnn"}, {"wide", "yyyyyynnn"},      {"mixed", "ynnynnnny"},
      {"wrapping", "nyynyynyy"},   {"fraction", "nyyyyyyyy"},  {"digits", "nnnnn"},
      {"vector", "nnn"},           {"few_layers", "yyyyy"},    {"odd", "yyyyyyn"},
      {"odd_signs", "yyyyyyn"},    {"odd_numbers", "yyyyyyn"}, {"numbers_first", "yyyyyyyyy"},
      {"wide_words", "yyyyyyyyy"}, {"wide_codes", "yyyyyyyyy"}};
  for (const auto& net : made_networks()) {
    std::string kernels;
    for (const auto& layer : net.layers) {
      kernels += PackedNetwork::has_own_kernel(layer) ? 'y' : 'n';
    }
    EXPECT_EQ(kernels, wanted.at(net.name)) << net.name;
  }
}

TEST(Groups, AreAtMostAsManyAsAWordHasBits) {
  for (const auto& net : made_networks()) {
    for (const auto& layer : net.layers) {
      const auto all = PackedNetwork::all_groups(layer);
      for (int channel = 0; channel < layer.out_channels; ++channel) {
        const int group = PackedNetwork::group_of(layer, channel);
        ASSERT_LT(group, 64);
        ASSERT_EQ(all >> group & 1, 1U) << net.name << " layer " << layer.index << " " << channel;
      }
      EXPECT_EQ(std::popcount(all), PackedNetwork::group_of(layer, layer.out_channels - 1) + 1);
    }
  }
}

struct Refusal {
  friend void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }
  const char* name;
  int layer;
  void (*spoil)(Topology& net);
  const char* why;
};

class Refused : public testing::TestWithParam<Refusal> {};
INSTANTIATE_TEST_SUITE_P(
    Networks, Refused,
    testing::Values(
        Refusal{"Simd", 4, [](auto& n) { n.layers[4].simd = 48; }, "SIMD 48"},
        Refusal{"Pe", 4, [](auto& n) { n.layers[4].pe = 3; }, "PE 3"},
        Refusal{"NoPe", 4, [](auto& n) { n.layers[4].pe = 0; }, "PE 0"},
        Refusal{"WideWords", 8,
                [](auto& n) {
                  n.layers[7].out_channels = n.layers[8].in_channels = n.layers[8].simd = 2080;
                },
                "words of 4160 bits at SIMD 2080: choose a SIMD for which they have at most 4096"},
        Refusal{"WeightBits", 2, [](auto& n) { n.layers[2].weight_bits = 9; }, "weights of 9 bits"},
        Refusal{"InBits", 2, [](auto& n) { n.layers[2].in_bits = 9; }, "inputs of 9 bits"},
        Refusal{"Codes", 0, [](auto& n) { n.layers[0].in_bits = 4; }, "as codes of 8 bits"},
        Refusal{"Image", 0, [](auto& n) { n.image_numbers.bits = 9; }, "values of 9 bits"},
        Refusal{"ImageSign", 0, [](auto& n) { n.image_numbers.is_unsigned = true; },
                "values of 8 bits without a sign where layer 0 takes 8 bits"},
        Refusal{"ImageLeast", 0, [](auto& n) { n.layers[0].in_least = 0; }, "not what layer 0 takes"},
        Refusal{"ImageThresholds", 0, [](auto& n) { n.input.thresholds = 256; }, "256 thresholds"},
        Refusal{"CodesOfThresholds", 0, [](auto& n) { n.input.thresholds = 255; },
                "has thresholds and layer 0 fraction bits"},
        Refusal{"Xnor", 3, [](auto& n) { n.layers[3].xnor = true; }, "counts equal bits"},
        Refusal{"Thresholds", 3, [](auto& n) { n.layers[3].thresholds = 3; }, "3 thresholds"},
        Refusal{"OutBits", 3, [](auto& n) { n.layers[3].out_bits = 1; }, "where 1 bits hold -1 to 1"},
        Refusal{"Channels", 8, [](auto& n) { n.layers[8].out_channels = 65'540; }, "65536 channels"},
        Refusal{"WeightCount", 8,
                [](auto& n) { n.layers[8].out_channels = n.layers[8].in_channels = 65'536; },
                "2^31 bits of weights"},
        Refusal{"LastThresholds", 8, [](auto& n) { n.layers[8].thresholds = 2; }, "outputs of 16 bits"},
        Refusal{"Accumulator", 5, [](auto& n) { n.layers[5].accumulator_bits = 33; }, "33 bits"},
        Refusal{"Fraction", 0, [](auto& n) { n.layers[0].fraction_bits = 6; }, "6 fraction bits"},
        Refusal{"NoFraction", 1, [](auto& n) { n.layers[1].fraction_bits = 1; }, "1 fraction bits"},
        Refusal{"Convolution", 1, [](auto& n) { n.layers[1].out_dim = 27; },
                "an output of 28 x 27 pixels"},
        Refusal{"Full", 6, [](auto& n) { n.layers[6].in_dim = 2; }, "does not take all of its input"},
        Refusal{"LastPixels", 8,
                [](auto& n) {
                  n.layers[8].convolution = true;
                  n.layers[8].window = square_window(3);
                  n.layers[8].in_height = n.layers[8].in_dim = 4;
                  n.layers[8].out_height = n.layers[8].out_dim = 2;
                },
                "more than one pixel"},
        Refusal{"Pool", 5, [](auto& n) { n.layers[5].pool = true; }, "max pool"},
        Refusal{"Map", 0, [](auto& n) { n.layers[0].in_dim = 3000; }, "more than 65536 pixels"},
        Refusal{"Padding", 1, [](auto& n) { n.layers[1].window.top = 3; }, "has no place in its input"},
        Refusal{"Stride", 1, [](auto& n) { n.layers[1].window.stride_x = 0; },
                "has no place in its input"},
        Refusal{"PoolPadding", 1, [](auto& n) { n.layers[1].pool_window.left = 2; }, "has a max pool"},
        Refusal{"NoZero", 1,
                [](auto& n) {
                  n.layers[1].in_bits = 1;
                  n.layers[1].window.bottom = 1;
                  n.layers[1].out_height = 29;
                },
                "pads with 0 what is -1 or +1"},
        Refusal{"Scores", 8, [](auto& n) { n.layers[8].accumulator_bits = 17; },
                "accumulators of 17 bits"},
        Refusal{"Sign", 8, [](auto& n) { n.decision = Decision::sign; }, "decision by a sign needs one"},
        Refusal{"Least", 3, [](auto& n) { n.layers[3].out_least = -3; }, "outputs from -3 to -1"},
        Refusal{"ChainLeast", 3, [](auto& n) { n.layers[3].in_least = -2; }, "the layer before"},
        Refusal{"Chain", 3, [](auto& n) { n.layers[3].in_channels = 64; }, "the layer before"},
        Refusal{"Index", 3, [](auto& n) { n.layers[3].index = 4; }, "index"}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(Topology, IsCheckedByEveryInference) {
  auto net = topology("cnvW2A2");
  const auto parameters = random_parameters(net, 1);
  net.layers[3].thresholds = 3;
  auto of_spoilt = parameters;
  of_spoilt.net = &net;
  EXPECT_THROW(ReferenceNetwork{of_spoilt}, InputError);
  EXPECT_THROW(PackedNetwork{of_spoilt}, InputError);
}

TEST_P(Refused, WithLayerRuleAndRemedy) {
  auto net = topology("cnvW2A2");
  ASSERT_NO_THROW(require_computable(net));
  GetParam().spoil(net);
  try {
    require_computable(net);
    FAIL() << "not refused";
  } catch (const InputError& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("cnvW2A2"), HasSubstr(GetParam().why), HasSubstr(": ")));
  }
}

}  // namespace
}  // namespace fluence::test
