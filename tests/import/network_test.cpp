// Networks that tests make, from their graphs to what they compute.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.hpp"
#include "import/check.hpp"
#include "import/import.hpp"
#include "import/table.hpp"
#include "network/decision.hpp"
#include "network/network_file.hpp"
#include "network/parameter_file.hpp"
#include "tests/import/networks.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence::test {
namespace {

using importing::Imported;

Imported imported(Model& model, const std::string& input = "") {
  std::optional<importing::GivenInput> given;
  if (!input.empty()) {
    given = importing::given_input(input);
  }
  return {model.read(), "x", {}, given};
}

void expect_equal(const Imported& made, int images = 200) {
  const auto drawn = importing::drawn_images(made.network().input.numbers, images, 7);
  EXPECT_EQ(importing::check(made.network(), made.parameters(), drawn).images, images);
}

TEST(ImportedNetwork, OfBrevitasGivesTheGraphsScores) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    auto model = brevitas_model(seed);
    const auto made = imported(model);
    expect_equal(made);
    const auto& net = made.network().net;
    EXPECT_EQ(net.image(), ImageShape(6, 6, 2, {8, true}));
    EXPECT_EQ(net.input.thresholds, 7);
    EXPECT_FALSE(net.input.per_channel);
    ASSERT_EQ(net.layers.size(), 3U);
    EXPECT_TRUE(net.layers[0].window.padded());
    EXPECT_TRUE(net.layers[0].pool);
    EXPECT_EQ(made.network().units[0].turned, 2);
    EXPECT_EQ(net.layers[0].out_format(), (NumberFormat{2, true}));
    // -4 has to become 4.
    EXPECT_EQ(net.layers[1].weight_bits, 4);
    EXPECT_EQ(net.layers[1].out_least, -4);
    EXPECT_EQ(net.layers[2].weight_bits, 1);
    EXPECT_EQ(net.decision, Decision::highest);
    // A bias of all scores decides nothing.
    EXPECT_TRUE(made.parameters().score_offsets.empty());
  }
}

// [channels, length] and [channels, length, 1] are the same network, but for a scale's shape.
TEST(ImportedNetwork, HasWindowsAlongOneDimension) {
  const auto made_of = [](bool one) {
    std::mt19937_64 random(3);
    const auto shape = [&](importing::Shape sides) {
      if (!one) {
        sides.push_back(1);
      }
      return sides;
    };
    const auto window = [&](onnx::NodeProto& node, const char* key, importing::Shape sides) {
      if (!one) {
        sides = sides.size() == 1 ? importing::Shape{sides[0], 1}
                                  : importing::Shape{sides[0], 0, sides[1], 0};
      }
      Model::set(node, key, sides);
    };
    Model model(shape({1, 2, 12}));
    model.quant(0.25F, 4, true);
    auto weights = drawn(random, 3 * 2 * 3, -3, 3);
    const std::vector<float> scale = {0.5F, 0.25F, 1};
    for (std::size_t i = 0; i < weights.size(); ++i) {
      weights[i] *= scale[i / 6];
    }
    auto& conv = model.node("Conv", {model.quantized(model.constant(weights, shape({3, 2, 3})),
                                                     model.constant(scale, shape({3, 1, 1})), 3, true),
                                     model.constant({0.3F, -1, 2}, {3})});
    window(conv, "kernel_shape", {3});
    window(conv, "strides", {2});
    window(conv, "pads", {1, 0});
    model.node("Mul", {model.constant({1, -2, 0.5F}, shape({3, 1}))});
    model.quant(0.5F, 3, false);
    auto& pool = model.node("MaxPool");
    window(pool, "kernel_shape", {2});
    window(pool, "strides", {2});
    if (one) {
      Model::set(model.node("Transpose"), "perm", importing::Shape{0, 2, 1});
    } else {
      Model::set(model.node("Transpose"), "perm", importing::Shape{0, 2, 3, 1});
    }
    model.node("Flatten");
    model.node("MatMul", {model.constant(drawn(random, 9 * 4, -1, 1), {9, 4})});
    return model;
  };
  auto one = made_of(true);
  auto two = made_of(false);
  const auto made = imported(one);
  expect_equal(made);
  EXPECT_EQ(made.network().net.image(), ImageShape(12, 1, 2, {4}));
  EXPECT_EQ(made.network().units[0].turned, 1);
  EXPECT_EQ(made.parameters().digest(), imported(two).parameters().digest());
}

TEST(ImportedNetwork, MayHaveItsConstantsAsNumbersOfNodes) {
  Model model({1, 4}, "INT4");
  model.node("MatMul", {model.constant({1, 2, -1, 1, 0, 1, 1, -2}, {4, 2})});
  auto& said = model.graph();
  auto& constant = *said.add_node();
  constant.set_op_type("Constant");
  constant.add_output("half");
  Model::set_real(constant, "value_float", 0.5F);
  model.node("Mul", {"half"});
  model.quant(1, 3, true);
  model.node("MatMul", {model.constant({1, 1, -1, 1}, {2, 2})});
  expect_equal(imported(model));
}

// Two inputs of -2 to 1 and three scores, whose sums tie and nearly tie in many ways. By one factor or
// by one a score.
void expect_biases_decide(const std::vector<float>& scale, const std::vector<float>& bias,
                          const std::vector<double>& factors, const std::vector<double>& biases,
                          int ties) {
  Model model({1, 2});
  model.quant(1, 2, true);
  model.node("MatMul", {model.constant({1, 0, -1, 0, 1, 1}, {2, 3})});
  model.node("Mul", {model.constant(scale, {static_cast<std::int64_t>(scale.size())})});
  model.node("Add", {model.constant(bias, {3})});
  const auto made = imported(model);
  const auto parameters = made.parameters();
  EXPECT_TRUE(parameters.score_offsets.empty());
  EXPECT_EQ(parameters.score_factors, factors);
  EXPECT_EQ(parameters.score_biases, biases);
  EXPECT_FALSE(Decider(parameters).by_highest());
  std::vector<std::vector<int>> images;
  for (int a = -2; a <= 1; ++a) {
    for (int b = -2; b <= 1; ++b) {
      images.push_back({a, b});
    }
  }
  EXPECT_EQ(importing::check(made.network(), parameters, images).ties, ties);

  const TempDir dir;
  std::ofstream(dir.path() / "p.onnx", std::ios::binary) << parameter_file(parameters);
  const auto back = Parameters::load(made.network().net, dir.path() / "p.onnx");
  EXPECT_EQ(back.score_biases, biases);
  EXPECT_EQ(back.digest(), parameters.digest());
  auto other = parameters;
  other.score_biases.back() += 1e-9;
  EXPECT_NE(other.digest(), parameters.digest());
}

TEST(ImportedNetwork, IsDecidedWithBiasesThatNobodyHasQuantized) {
  // What all have in common is left out.
  expect_biases_decide({0.5F}, {0.25F, 0.375F, -0.5F}, {}, {0, 0.25, -1.5}, 0);
  expect_biases_decide({0.5F, 0.75F, 1}, {0.25F, 0.375F, -0.5F}, {0.5, 0.75, 1}, {0.25, 0.375, -0.5}, 0);
}

TEST(ImportedNetwork, IsWrittenAsFilesThatAreReadAgain) {
  auto model = brevitas_model();
  const auto made = imported(model);
  const TempDir dir;
  for (const auto& [name, text] : made.files()) {
    std::ofstream(dir.path() / name, std::ios::binary) << text;
  }
  const auto net = read_topology(dir.path() / "x.network.json");
  EXPECT_EQ(net, made.network().net);
  EXPECT_EQ(Parameters::load(net, dir.path() / "x.onnx").digest(), made.parameters().digest());
  EXPECT_EQ(ImageNumbers::read(dir.path() / "x.input.json"), made.network().input.numbers);
}

TEST(ImportedNetwork, HasThresholdsWhereTheChainChangesItsLevel) {
  // Half to even: from 0.5 on to 0, above it to 1, from 1.5 on to 2.
  Model model({1, 4}, "INT4");
  model.node("MatMul", {model.constant({1, 1, 1, -1, 1, 0, 1, 0}, {4, 2}, "INT2")});
  model.node("Mul", {model.constant({0.5F, -0.5F}, {2})});
  model.quant(1, 2, true);
  model.node("MatMul", {model.constant({1, -1, 1, 1}, {2, 2}, "BIPOLAR")});
  const auto made = imported(model);
  const auto& unit = made.network().units.front();
  EXPECT_EQ(unit.thresholds[0], (std::vector<std::int64_t>{-2, -1, 2}));
  // Turned: what was -1 for the sum 3 is so for -3, and ties go to the same side.
  EXPECT_EQ(unit.turned, 1);
  EXPECT_EQ(unit.thresholds[1], (std::vector<std::int64_t>{-2, -1, 2}));
  EXPECT_EQ(unit.weights[1], (std::vector<int>{-1, 1, 0, 0}));
  EXPECT_EQ(made.parameters().row_threshold(0, 0, 0), -3);
  expect_equal(made);
}

TEST(ImportedNetwork, StoresThresholdsThatNothingReachesAtTheEnds) {
  Model model({1, 3}, "INT2");
  model.node("MatMul", {model.constant({1, 1, 0, 1, 0, 1}, {3, 2}, "INT2")});
  model.thresholds({-100, -3, 100, -3, 0, 4}, {2, 3}, "UINT2");
  model.node("MatMul", {model.constant({1, -1, 1, 1}, {2, 2}, "BIPOLAR")});
  const auto made = imported(model);
  // INT2 is -2 to 1, so sums go from -6 to 3.
  const auto& layer = made.network().net.layers.front();
  EXPECT_EQ(layer.accumulator_bits, 4);
  const auto& parameters = made.parameters();
  EXPECT_EQ(parameters.row_threshold(0, 0, 0), -7);
  EXPECT_EQ(parameters.row_threshold(0, 0, 1), -7);
  EXPECT_EQ(parameters.row_threshold(0, 0, 2), 3);
  EXPECT_EQ(parameters.row_threshold(0, 1, 0), -4);
  EXPECT_EQ(parameters.row_threshold(0, 1, 2), 3);
  expect_equal(made);
}

TEST(ImportedNetwork, CountsMatchesWhereAllIsBipolar) {
  Model model({1, 5}, "BIPOLAR");
  std::mt19937_64 random(3);
  auto weights = drawn(random, 15, 0, 1);
  for (auto& weight : weights) {
    weight = 2 * weight - 1;
  }
  model.node("MatMul", {model.constant(weights, {5, 3}, "BIPOLAR")});
  model.thresholds({-1, 2, 0}, {3, 1}, "BIPOLAR");
  model.node("MatMul", {model.constant({1, -1, 1, 1, -1, -1}, {3, 2}, "BIPOLAR")});
  const auto made = imported(model);
  const auto& first = made.network().net.layers.front();
  EXPECT_TRUE(first.xnor);
  EXPECT_EQ(first.accumulator_bits, 4);  // -1 to 5
  // (t + 5) / 2, rounded up, and one less.
  EXPECT_EQ(made.parameters().row_threshold(0, 0, 0), 1);
  EXPECT_EQ(made.parameters().row_threshold(0, 1, 0), 3);
  expect_equal(made, 32);
}

TEST(ImportedNetwork, OfFinnsUnitsGivesTheirScores) {
  Model model({1, 6}, "BIPOLAR");
  auto& unit = model.node("MVAU_hls", {model.constant({1, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 1}, {6, 2}),
                                       model.constant({3, 4}, {2, 1})});
  for (const auto& [key, value] : std::map<std::string, std::int64_t>{
           {"MW", 6}, {"MH", 2}, {"PE", 2}, {"SIMD", 3}, {"binaryXnorMode", 1}}) {
    Model::set(unit, key, value);
  }
  Model::set_text(unit, "outputDataType", "BINARY");
  Model::set_text(unit, "weightDataType", "BINARY");
  auto& last = model.node("MatrixVectorActivation", {model.constant({1, 0, 0, 1, 0, 0}, {2, 3})});
  Model::set(last, "binaryXnorMode", 1);
  Model::set(last, "noActivation", 1);
  Model::set_text(last, "weightDataType", "BINARY");
  Model::set(model.node("LabelSelect_Batch"), "K", 1);
  const auto made = imported(model);
  const auto& net = made.network().net;
  EXPECT_TRUE(net.layers[0].xnor && net.layers[1].xnor);
  EXPECT_EQ(net.layers[0].out_format(), NumberFormat{1});
  EXPECT_EQ(net.layers[0].pe, 2);
  EXPECT_EQ(net.layers[0].simd, 3);
  expect_equal(made, 64);
}

TEST(ImportedNetwork, TakesFinnsWindowsPaddingAndPools) {
  std::mt19937_64 random(5);
  Model model({1, 6, 6, 2}, "UINT4");
  auto& padding = model.node("FMPadding_rtl");
  Model::set(padding, "Padding", importing::Shape{1, 0, 1, 0});
  auto& window = model.node("ConvolutionInputGenerator_rtl");
  Model::set(window, "ConvKernelDim", importing::Shape{3, 1});
  Model::set(window, "Stride", importing::Shape{1, 1});
  auto& unit = model.node("MVAU_rtl", {model.constant(drawn(random, 6 * 4, -2, 1), {6, 4})});
  Model::set(unit, "noActivation", 1);
  Model::set_text(unit, "inputDataType", "UINT4");
  Model::set_text(unit, "weightDataType", "INT2");
  auto& thresholds =
      model.node("Thresholding_rtl", {model.constant({-9, 0, 4, -5, 1, 2, -3, 3, 6, 0, 1, 2}, {4, 3})});
  Model::set(thresholds, "ActVal", -2);
  Model::set_text(thresholds, "outputDataType", "INT2");
  auto& pool = model.node("StreamingMaxPool_hls");
  Model::set(pool, "PoolDim", importing::Shape{2, 2});
  auto& reshape = model.node("Reshape", {model.constant({1, -1}, {2})});
  static_cast<void>(reshape);
  model.node("MatMul", {model.constant(drawn(random, 36 * 3, -2, 1), {36, 3}, "INT2")});
  const auto made = imported(model);
  const auto& first = made.network().net.layers.front();
  EXPECT_EQ(first.window.height, 3);
  EXPECT_EQ(first.window.width, 1);
  EXPECT_EQ(first.window.top, 1);
  EXPECT_EQ(first.out_least, -2);
  EXPECT_TRUE(made.network().input.numbers.channels_last);
  expect_equal(made);
}

TEST(ImportedNetwork, TakesFinnsOverlappingPools) {
  std::mt19937_64 random(8);
  Model model({1, 5, 5, 1}, "UINT2");
  auto& window = model.node("Im2Col");
  Model::set(window, "kernel_size", importing::Shape{1, 1});
  model.node("MatMul", {model.constant({1, -1, 2}, {1, 3}, "INT3")});
  auto& thresholds = model.thresholds({-1, 0, 1, 2, 3, 4, 1, 2, 5}, {3, 3}, "INT2", -2);
  Model::set_text(thresholds, "data_layout", "NHWC");
  auto& gather = model.node("ConvolutionInputGenerator_rtl");
  Model::set(gather, "ConvKernelDim", importing::Shape{3, 3});
  Model::set(gather, "Stride", importing::Shape{2, 2});
  Model::set(gather, "depthwise", 1);
  Model::set_text(model.node("Pool_hls"), "Function", "MaxPool");
  model.node("Flatten");
  model.node("MatMul", {model.constant(drawn(random, 12 * 2, -2, 1), {12, 2}, "INT2")});
  const auto made = imported(model);
  EXPECT_EQ(made.network().net.layers.front().pool_window, square_window(3, 2));
  expect_equal(made);
}

TEST(ImportedNetwork, PoolsSumsWhereTheirFactorsArePositive) {
  std::mt19937_64 random(6);
  const auto model_with = [&](float factor) {
    Model model({1, 1, 4, 4}, "UINT2");
    model.node("Conv", {model.constant(drawn(random, 2 * 9, -2, 1), {2, 1, 3, 3}, "INT2")});
    auto& pool = model.node("MaxPool");
    Model::set(pool, "kernel_shape", importing::Shape{2, 2});
    Model::set(pool, "strides", importing::Shape{2, 2});
    model.node("Mul", {model.constant({0.5F, factor}, {1, 2, 1, 1})});
    model.quant(1, 2, true);
    model.node("Flatten");
    model.node("MatMul", {model.constant({1, -1, 1, 1}, {2, 2}, "INT2")});
    return model;
  };
  auto good = model_with(0.25F);
  expect_equal(imported(good));
  auto bad = model_with(-0.25F);
  EXPECT_THAT([&] { imported(bad); },
              testing::ThrowsMessage<InputError>(testing::HasSubstr("negative in row 1")));
}

TEST(ImportedNetwork, HasTheNameOfItsFileUnlessThatIsTaken) {
  EXPECT_EQ(importing::name_for("a/b c.d.onnx"), "b_c_d");
  EXPECT_EQ(importing::name_for("cnvW1A1.onnx"), "cnvW1A1-imported");
}

TEST(ImportedNetwork, TellsWhatItUnderstood) {
  auto model = brevitas_model();
  const auto made = imported(model);
  const auto text = importing::table_of(made.network());
  EXPECT_THAT(text, testing::HasSubstr("conv 3x3 padded, pool 2x2"));
  EXPECT_THAT(text, testing::HasSubstr("UINT8 -> UINT3"));
  EXPECT_THAT(text, testing::HasSubstr("note: layer 1 (Gemm_"));
}

}  // namespace
}  // namespace fluence::test
