// Graphs that are no networks which are imported, each refused with the node, the layer and the rule.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/error.hpp"
#include "import/import.hpp"
#include "tests/import/networks.hpp"

namespace fluence::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

void import_it(Model& model) { importing::Imported(model.read(), "x", {}, {}); }

/// A convolution, thresholds, a convolution, thresholds and a dense layer, with a change.
struct Change {
  std::function<void(Model&, onnx::NodeProto&)> second = [](auto&, auto&) {
  };  ///< of the second convolution
  std::string type = "INT3";
  std::vector<float> weights = std::vector<float>(36, 1);
  std::string activation = "UINT2";
};
Model network(const Change& change) {
  Model model({1, 2, 5, 5}, "UINT4");
  model.node("Conv", {model.constant(std::vector<float>(36, 1), {2, 2, 3, 3}, "INT3")});
  if (change.activation == "BIPOLAR") {
    model.thresholds({1, 2}, {2, 1}, "BIPOLAR");
  } else if (!change.activation.empty()) {
    model.thresholds({1, 2, 3, 4, 5, 6}, {2, 3}, change.activation);
  }
  auto& conv = model.node("Conv", {model.constant(change.weights, {2, 2, 3, 3}, change.type)});
  change.second(model, conv);
  model.thresholds({1, 2, 3}, {1, 3}, "UINT2");
  model.node("Flatten");
  model.node("MatMul", {model.constant(std::vector<float>(4, 1), {2, 2}, "INT2")});
  return model;
}

void expect_refused(Model model, const std::string& node, const std::string& rule) {
  EXPECT_THAT([&] { import_it(model); },
              ThrowsMessage<InputError>(AllOf(HasSubstr("x.onnx"), HasSubstr(node), HasSubstr(rule))));
}

TEST(RefusedGraph, IsAsItShouldBeWithoutAChange) {
  auto model = network({});
  EXPECT_NO_THROW(import_it(model));
}

TEST(RefusedGraph, HasAConvolutionOfAnotherKind) {
  Change change;
  change.second = [](Model&, onnx::NodeProto& conv) { Model::set(conv, "group", 2); };
  expect_refused(network(change), "Conv_2 of layer 1", "group 2");
  change.second = [](Model&, onnx::NodeProto& conv) {
    Model::set(conv, "dilations", importing::Shape{2, 2});
  };
  expect_refused(network(change), "Conv_2 of layer 1", "dilation 2");
}

TEST(RefusedGraph, HasWeightsThatAreNone) {
  Change change;
  change.weights[7] = 5;
  expect_refused(network(change), "Conv_2 of layer 1",
                 "the weight 5 that does not fit its annotated type INT3");
  change.weights[7] = 0.5F;
  expect_refused(network(change), "Conv_2 of layer 1", "not whole numbers and have no scale");
  change = {};
  change.second = [](Model&, onnx::NodeProto& conv) { conv.set_input(1, "nowhere"); };
  expect_refused(network(change), "Conv_2 of layer 1", "no constant of the file");
}

TEST(RefusedGraph, PadsWhatHasNoZero) {
  Change change;
  change.activation = "BIPOLAR";
  change.second = [](Model&, onnx::NodeProto& conv) {
    Model::set(conv, "pads", importing::Shape{1, 1, 1, 1});
  };
  expect_refused(network(change), "Conv_2 of layer 1", "pads a BIPOLAR tensor with zeros");
}

TEST(RefusedGraph, HasNoQuantizerBetweenLayers) {
  Change change;
  change.activation = "";
  expect_refused(network(change), "Conv_1 of layer 1",
                 "is fed by Conv_0 without a quantizer between them");
}

TEST(RefusedGraph, HasTwoPaths) {
  Change change;
  change.second = [](Model& model, onnx::NodeProto&) { model.node("Add", {model.data()}); };
  expect_refused(network(change), "Add_3", "two data paths meet");
  change.second = [](Model& model, onnx::NodeProto&) {
    model.node("Add", {model.graph().node(1).output(0)});
  };
  expect_refused(network(change), "Add_3", "residual connections are not imported");
}

TEST(RefusedGraph, HasAnUnknownNodeOrRowsOfThresholds) {
  Change change;
  change.second = [](Model& model, onnx::NodeProto&) { model.node("Sigmoid"); };
  expect_refused(network(change), "Sigmoid_3 of layer 1", "is not supported");
  change.second = [](Model& model, onnx::NodeProto&) { model.thresholds({1, 2, 3}, {3, 1}, "UINT1"); };
  expect_refused(network(change), "MultiThreshold_3", "3 rows of thresholds for 2 channels");
}

TEST(RefusedGraph, IsOneOfFloatingPoint) {
  Model model({1, 4});
  model.node("MatMul", {model.constant({1, 2, 3, 4}, {4, 1})});
  expect_refused(std::move(model), "", "has no quantizer");
}

TEST(RefusedGraph, HasAScoreThatIsAlwaysAboveZero) {
  Model model({1, 2}, "UINT4");
  model.node("MatMul", {model.constant({1, -1, 1, 1}, {2, 2}, "INT2")});
  model.thresholds({1, 2, 3}, {1, 3}, "UINT2");
  model.node("MatMul", {model.constant({1, -1}, {2, 1}, "INT2")});
  model.node("Add", {model.constant({1e10F}, {1})});
  expect_refused(std::move(model), "the bias of the last layer is 1", "none of them can reach");
}

TEST(RefusedGraph, IsCutOff) {
  const auto bytes = brevitas_model().bytes();
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    EXPECT_THROW(
        importing::Imported(importing::parse_graph(bytes.substr(0, size), "x.onnx"), "x", {}, {}),
        InputError)
        << size;
  }
}

}  // namespace
}  // namespace fluence::test
