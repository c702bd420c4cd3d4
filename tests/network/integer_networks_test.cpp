// Networks of others in every form that a network can have: what they compute, number by number.
#include "tests/support/integer_networks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <map>
#include <random>
#include <string>

#include "base/error.hpp"
#include "network/decision.hpp"
#include "network/network_file.hpp"
#include "network/packed.hpp"
#include "network/parameter_file.hpp"
#include "network/reference.hpp"
#include "tests/support/data.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence::test {
namespace {

constexpr std::size_t kTraced = 3;

// What a plain inference computes within a moment.
std::size_t images_of(const std::string& name) {
  static const std::map<std::string, std::size_t> few = {
      {"finn_cnv_w1a1", 3},          {"finn_cnv_half_w1a1", 3}, {"syn_c_48_80_33_w1a1_10", 5},
      {"syn_a_28x28_k5_w3a4_7", 10}, {"syn_q_conv", 20},        {"syn_e_w2a8_6", 20}};
  const auto it = few.find(name);
  return it == few.end() ? 1000 : it->second;
}

class Integer : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Networks, Integer, testing::ValuesIn(integer_networks()),
                         [](const auto& param) {
                           auto name = param.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

void expect_stage(const Tensor& values, const Array& stages, std::size_t image,
                  const std::string& what) {
  const auto first = stages.values.begin() + static_cast<std::ptrdiff_t>(image * values.size());
  ASSERT_EQ(values.size(), stages.values.size() / stages.shape.at(0)) << what;
  EXPECT_TRUE(std::equal(values.begin(), values.end(), first)) << what << " of image " << image;
}

TEST_P(Integer, GivesEveryScoreOfTheData) {
  FLUENCE_NEEDS_DATA();
  const auto network = integer_network(GetParam(), images_of(GetParam()));
  ASSERT_NO_THROW(require_computable(network.net));
  const auto parameters = network.parameters();
  const ReferenceNetwork reference(parameters);
  const Decider decider(parameters);
  ASSERT_GE(network.images.size(), kTraced);
  for (std::size_t i = 0; i < network.images.size(); ++i) {
    const auto sums = decider.sums(reference.run(network.images[i]));
    const auto expected = network.scores.begin() + static_cast<std::ptrdiff_t>(i * sums.size());
    ASSERT_TRUE(std::equal(sums.begin(), sums.end(), expected)) << "image " << i;
  }
}

TEST_P(Integer, GivesEveryNumberBetweenItsLayers) {
  FLUENCE_NEEDS_DATA();
  const auto network = integer_network(GetParam(), kTraced);
  const auto parameters = network.parameters();
  const ReferenceNetwork reference(parameters);
  for (std::size_t i = 0; i < kTraced; ++i) {
    ReferenceTrace trace;
    static_cast<void>(reference.run(network.images[i], &trace));
    if (network.net.input.thresholds > 0) {
      expect_stage(trace.input, network.trace.at("stage0"), i, "input");
    }
    for (std::size_t layer = 0; layer + 1 < network.net.layers.size(); ++layer) {
      const auto stage = "stage" + std::to_string(network.stages[layer]);
      expect_stage(trace.outputs[layer], network.trace.at(stage), i, stage);
      if (network.pools[layer] >= 0) {
        const auto pool = "stage" + std::to_string(network.pools[layer]);
        expect_stage(trace.pooled[layer], network.trace.at(pool), i, pool);
      }
    }
  }
}

TEST_P(Integer, IsTheSameOnTheFastEngine) {
  FLUENCE_NEEDS_DATA();
  const auto network = integer_network(GetParam(), 5);
  auto parameters = network.parameters();
  const ReferenceNetwork reference(parameters);
  PackedNetwork packed(parameters);
  for (const auto& image : network.images) {
    ASSERT_EQ(packed.run(image), reference.run(image));
  }
  // One word of each memory.
  std::mt19937_64 random(1);
  for (const auto& layer : network.net.layers) {
    auto& weight = parameters.weight(layer.index, layer.pe - 1, 1);
    weight ^= std::uint64_t{1} << (random() % static_cast<unsigned>(layer.weight_word_bits()));
    packed.set_weight(layer.index, layer.pe - 1, 1,
                      parameters.weight_word(layer.index, layer.pe - 1, 1));
    for (int t = 0; t < layer.thresholds; ++t) {
      auto& threshold = parameters.threshold(layer.index, 0, 0, t);
      threshold = -threshold;
      packed.set_threshold(layer.index, 0, 0, t, threshold);
    }
  }
  EXPECT_EQ(packed.run(network.images.front()),
            ReferenceNetwork(parameters).run(network.images.front()));
}

TEST_P(Integer, IsSaidInTwoFilesAndItsParametersInOne) {
  FLUENCE_NEEDS_DATA();
  const auto network = integer_network(GetParam(), 1);
  const auto& net = network.net;
  const auto read = parse_topology({network_text(net), "x.network.json", net.network},
                                   {hardware_text(net), "x.hardware.json", net.name});
  EXPECT_EQ(read, net);
  EXPECT_EQ(network_digest(read), network_digest(net));

  const TempDir dir;
  const auto file = dir.path() / "x.onnx";
  const auto parameters = network.parameters();
  try {
    std::ofstream(file, std::ios::binary) << parameter_file(parameters);
  } catch (const InputError& e) {
    GTEST_SKIP() << e.what();
  }
  const auto back = Parameters::load(net, file);
  EXPECT_EQ(back.digest(), parameters.digest());
  EXPECT_EQ(back.input_thresholds, parameters.input_thresholds);
  EXPECT_EQ(back.score_offsets, parameters.score_offsets);
  EXPECT_EQ(ReferenceNetwork(back).run(network.images.front()),
            ReferenceNetwork(parameters).run(network.images.front()));
}

}  // namespace
}  // namespace fluence::test
