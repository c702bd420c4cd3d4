// Networks of others as their files say them: every score of the data, and every number between layers.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "import/check.hpp"
#include "import/import.hpp"
#include "network/decision.hpp"
#include "network/packed.hpp"
#include "network/reference.hpp"
#include "tests/support/data.hpp"
#include "tests/support/integer_networks.hpp"

namespace fluence::test {
namespace {

namespace fs = std::filesystem;
using importing::Imported;

constexpr std::size_t kTraced = 3;

/// A file of a network, and the name of its integer form in the data.
struct File {
  std::string path;
  std::string name;
  std::size_t images = 1000;
  std::string input{};
};

std::vector<File> files() {
  std::vector<File> files = {{"qonnx/TFC_1W1A.onnx", "TFC_1W1A"},
                             {"qonnx/TFC_1W2A.onnx", "TFC_1W2A"},
                             {"qonnx/TFC_2W2A.onnx", "TFC_2W2A"},
                             {"qonnx/kwsmlp_w3a3.onnx", "kwsmlp_w3a3"},
                             {"qonnx/unsw_nb15-mlp-w2a2.onnx", "unsw_nb15-mlp-w2a2"},
                             {"qonnx/qkeras_jettagging.onnx", "qkeras_jettagging", 1000, "int8:4"},
                             {"qonnx/syn_q_conv.onnx", "syn_q_conv"},
                             {"finn/build_dataflow/model.onnx", "finn_build_dataflow_model"},
                             {"finn/cybsec_PE_SIMD.onnx", "cybsec_PE_SIMD"}};
  for (const auto* name :
       {"syn_a_28x28_k5_w3a4_7", "syn_b_stride2_pad1_w2a2_10", "syn_c_48_80_33_w1a1_10",
        "syn_d_mlp_600_128_128_2", "syn_e_w2a8_6", "syn_f_pool3s2_w4a3_5"}) {
    const auto path = "synthetic/" + std::string(name) + "/" + name;
    files.push_back({path + ".onnx", name});
    if (name != std::string("syn_d_mlp_600_128_128_2")) {
      files.push_back({path + "_conv.onnx", name});
    }
  }
  files.push_back({"synthetic/syn_e_w2a8_6/syn_e_w2a8_6_unsorted.onnx", "syn_e_w2a8_6"});
  for (const auto* end : {".onnx", "_conv_topk.onnx"}) {
    files.push_back({"cnv/finn_cnv_w1a1/finn_cnv_w1a1" + std::string(end), "finn_cnv_w1a1", 700});
  }
  for (const auto* end : {".onnx", "_conv.onnx"}) {
    files.push_back(
        {"cnv/finn_cnv_half_w1a1/finn_cnv_half_w1a1" + std::string(end), "finn_cnv_half_w1a1", 700});
  }
  return files;
}

Imported imported(const File& file) {
  importing::ImportOptions options;
  if (!file.input.empty()) {
    options.input = importing::given_input(file.input);
  }
  return {data_dir() / "networks" / file.path, options};
}

Image image_for(const Topology& net, const Image& image) {
  Image result(net.image());
  result.planes = image.planes;
  return result;
}

void expect_stage(const Tensor& values, const Array& stages, std::size_t image,
                  const std::string& what) {
  const auto first = stages.values.begin() + static_cast<std::ptrdiff_t>(image * values.size());
  ASSERT_EQ(values.size(), stages.values.size() / stages.shape.at(0)) << what;
  EXPECT_TRUE(std::equal(values.begin(), values.end(), first)) << what << " of image " << image;
}

class Golden : public testing::TestWithParam<File> {};
INSTANTIATE_TEST_SUITE_P(Files, Golden, testing::ValuesIn(files()), [](const auto& param) {
  auto name = fs::path(param.param.path).stem().string();
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST_P(Golden, GivesEveryScoreOfTheData) {
  FLUENCE_NEEDS_DATA();
  const auto& file = GetParam();
  const auto data = integer_network(file.name, file.images);
  const auto made = imported(file);
  const auto& net = made.network().net;
  const Decider decider(made.parameters());
  PackedNetwork packed(made.parameters());
  ASSERT_GE(data.images.size(), kTraced);
  for (std::size_t i = 0; i < data.images.size(); ++i) {
    const auto sums = decider.sums(packed.run(image_for(net, data.images[i])));
    const auto expected = data.scores.begin() + static_cast<std::ptrdiff_t>(i * sums.size());
    ASSERT_TRUE(std::equal(sums.begin(), sums.end(), expected)) << "image " << i;
  }
}

TEST_P(Golden, GivesEveryNumberBetweenItsLayers) {
  FLUENCE_NEEDS_DATA();
  const auto& file = GetParam();
  const auto data = integer_network(file.name, kTraced);
  const auto made = imported(file);
  const ReferenceNetwork reference(made.parameters());
  for (std::size_t i = 0; i < kTraced; ++i) {
    ReferenceTrace trace;
    static_cast<void>(reference.run(image_for(made.network().net, data.images[i]), &trace));
    if (data.net.input.thresholds > 0) {
      expect_stage(trace.input, data.trace.at("stage0"), i, "input");
    }
    for (std::size_t layer = 0; layer + 1 < data.net.layers.size(); ++layer) {
      const auto stage = "stage" + std::to_string(data.stages[layer]);
      expect_stage(trace.outputs[layer], data.trace.at(stage), i, stage);
      if (data.pools[layer] >= 0) {
        const auto pool = "stage" + std::to_string(data.pools[layer]);
        expect_stage(trace.pooled[layer], data.trace.at(pool), i, pool);
      }
    }
  }
}

// The networks that the boards have, from files that say them as FINN does.
TEST(GoldenBoards, GiveEveryScoreOfTheHardware) {
  FLUENCE_NEEDS_DATA();
  for (const auto& [path, name, rows] : std::vector<std::tuple<std::string, std::string, std::size_t>>{
           {"cnvW1A1/cnvW1A1.onnx", "cnvW1A1", 64},
           {"cnvW1A1/cnvW1A1_10rows_conv.onnx", "cnvW1A1", 10},
           {"cnvW1A2/cnvW1A2.onnx", "cnvW1A2", 64},
           {"cnvW2A2/cnvW2A2.onnx", "cnvW2A2", 64}}) {
    constexpr std::size_t kImages = 100;
    constexpr std::size_t kScores = 64;
    const Imported made(data_dir() / "networks/cnv" / path, {});
    const auto& net = made.network().net;
    EXPECT_EQ(net.input.thresholds, 255);
    std::ifstream in(data_dir() / "scores" / (name + ".i16"), std::ios::binary);
    std::vector<std::int16_t> expected(kImages * kScores);
    in.read(reinterpret_cast<char*>(expected.data()),
            static_cast<std::streamsize>(expected.size() * sizeof(std::int16_t)));
    const auto images = ImageSet::load(data_dir() / "cifar10/test_first1000.bin");
    PackedNetwork packed(made.parameters());
    for (std::size_t i = 0; i < kImages; ++i) {
      const auto scores = packed.run(image_for(net, images[static_cast<int>(i)]));
      ASSERT_EQ(scores.size(), rows);
      ASSERT_TRUE(std::equal(scores.begin(), scores.end(),
                             expected.begin() + static_cast<std::ptrdiff_t>(i * kScores)))
          << path << ", image " << i;
    }
  }
}

TEST_P(Golden, ProvesItself) {
  FLUENCE_NEEDS_DATA();
  const auto made = imported(GetParam());
  const auto images = importing::drawn_images(made.network().input.numbers, 10, 1);
  EXPECT_EQ(importing::check(made.network(), made.parameters(), images).images, 10);
}

}  // namespace
}  // namespace fluence::test
