#include "import/finn_nodes.hpp"

#include <algorithm>
#include <utility>

namespace fluence::importing {
namespace {

void set_integers(Node& node, const char* key, Shape values) {
  node.attributes[key].integers = std::move(values);
}

void set_text(Node& node, const char* key, const std::string& value) {
  node.attributes[key].text = value;
}

/// The operator without the release's and the backend's ends.
std::string stem_of(std::string op) {
  for (const std::string_view end : {"_Batch", "_hls", "_rtl"}) {
    if (op.ends_with(end)) {
      op.resize(op.size() - end.size());
    }
  }
  return op;
}

class Expander {
 public:
  explicit Expander(Graph& graph) : graph_(graph) {}

  void run() {
    for (auto& node : std::exchange(graph_.nodes, {})) {
      add(std::move(node));
    }
  }

 private:
  void add(Node node) {
    const auto stem = stem_of(node.op);
    if (stem == "MVAU" || stem == "MatrixVectorActivation" || stem == "StreamingFCLayer") {
      add_unit(std::move(node));
      return;
    }
    if (stem == "StreamingDataflowPartition") {
      refuse(graph_.file, node,
             "is a partition whose nodes FINN keeps in another file: give that file, or the one before "
             "the step that makes partitions");
    }
    if (stem == "DuplicateStreams") {
      refuse(graph_.file, node, "divides the data path in two (no residual connections): give a chain");
    }
    if (stem == "ConvolutionInputGenerator") {
      set_integers(node, "kernel_size", node.integers("ConvKernelDim"));
      set_integers(node, "stride", node.integers("Stride", {1, 1}));
      set_integers(node, "dilations", node.integers("Dilation", {1, 1}));
      node.op = "Im2Col";
    } else if (stem == "FMPadding") {
      set_integers(node, "pad_amount", node.integers("Padding"));
      node.op = "PadNHWC";
    } else if (stem == "StreamingMaxPool") {
      set_integers(node, "kernel_shape", node.integers("PoolDim"));
      set_integers(node, "strides", node.integers("PoolDim"));
      node.op = "MaxPoolNHWC";
    } else if (stem == "Pool" && node.text("Function") == "MaxPool" && take_windows(node)) {
      node.op = "MaxPoolNHWC";
    } else if (stem == "Thresholding") {
      make_threshold(node);
    } else if (stem == "LabelSelect") {
      node.attributes["k"].integer = node.integer("K", 1);
      node.outputs.insert(node.outputs.begin(), node.name + "_values");
      node.op = "TopK";
    } else if (stem == "AddStreams") {
      node.op = "Add";
    } else if (stem == "StreamingDataWidthConverter" || stem == "StreamingFIFO" || stem == "IODMA" ||
               stem == "TLastMarker") {
      node.op = "Identity";
    }
    graph_.nodes.push_back(std::move(node));
  }

  /// Gives a pool the windows that the node before it gathers, channel by channel, and drops that node.
  bool take_windows(Node& node) {
    const auto makes_input = [&](const Node& before) {
      return before.op == "Im2Col" && before.outputs.front() == node.input(0);
    };
    const auto before = std::ranges::find_if(graph_.nodes, makes_input);
    const auto pads = before == graph_.nodes.end() ? Shape{1} : before->integers("pad_amount");
    if (std::ranges::any_of(pads, [](std::int64_t pad) { return pad != 0; }) ||
        before->integer("depthwise", 0) == 0) {
      return false;
    }
    set_integers(node, "kernel_shape", before->integers("kernel_size"));
    set_integers(node, "strides", before->integers("stride", {1, 1}));
    node.inputs = {before->input(0)};
    graph_.nodes.erase(before);
    return true;
  }

  /// A node with data and thresholds as inputs, and `ActVal` and `outputDataType`.
  static void make_threshold(Node& node) {
    const bool bipolar = node.text("outputDataType") == "BIPOLAR";
    node.attributes["out_scale"].real = bipolar ? 2 : 1;
    node.attributes["out_bias"].real = bipolar ? -1 : static_cast<double>(node.integer("ActVal", 0));
    set_text(node, "out_dtype", node.text("outputDataType"));
    set_text(node, "data_layout", "NHWC");
    node.op = "MultiThreshold";
  }

  void add_unit(Node node) {
    const bool counts =
        node.integer("binaryXnorMode", 0) != 0 ||
        (node.text("inputDataType") == "BIPOLAR" && node.text("weightDataType") == "BIPOLAR");
    const auto weights = node.input(1);
    if (!weights.empty() && node.has("weightDataType")) {
      graph_.datatypes[weights] = counts ? "BIPOLAR" : node.text("weightDataType");
    }
    auto product = node;
    set_text(product, "finn_op", node.op);
    product.inputs = {node.input(0), weights};
    product.op = counts ? "PopcountMatMul" : "MatMul";
    if (node.integer("noActivation", 0) != 0) {
      graph_.nodes.push_back(std::move(product));
      return;
    }
    const auto sums = node.outputs.front() + "_sums";
    product.outputs = {sums};
    node.inputs = {sums, node.input(2)};
    make_threshold(node);
    graph_.nodes.push_back(std::move(product));
    graph_.nodes.push_back(std::move(node));
  }

  Graph& graph_;
};

}  // namespace

void expand_finn_nodes(Graph& graph) { Expander(graph).run(); }

}  // namespace fluence::importing
