#include "network/onnx/graph.hpp"

#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

namespace fluence {
namespace {

using Shape = std::vector<std::int64_t>;

constexpr int kIrVersion = 7;
constexpr int kOperators = 11;
constexpr int kFinnOperators = 1;
constexpr auto kFinnDomain = "qonnx.custom_op.general";
constexpr auto kReals = "FLOAT32";
constexpr auto kSums = "INT32";  // as FINN infers it for every sum of products of integers

std::string name_of(const Layer& layer, const std::string& what) {
  return "layer" + std::to_string(layer.index) + "_" + what;
}

void set_integers(onnx::NodeProto& node, const char* name, std::initializer_list<int> values) {
  auto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INTS);
  for (const int value : values) {
    attribute.add_ints(value);
  }
}

void set_integer(onnx::NodeProto& node, const char* name, int value) {
  auto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
}

void set_float(onnx::NodeProto& node, const char* name, float value) {
  auto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::FLOAT);
  attribute.set_f(value);
}

void set_text(onnx::NodeProto& node, const char* name, const std::string& value) {
  auto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::STRING);
  attribute.set_s(value);
}

/// Appends node by node; `data_` is the tensor that the next layer takes, `shape_` its shape.
class Builder {
 public:
  Builder(const Topology& net, const ScoreForm& form) {
    const auto& first = net.layers.front();
    graph_.set_name(net.network);
    shape_ = {1, first.in_channels};
    if (first.convolution || first.in_pixels() > 1) {
      shape_.insert(shape_.end(), {first.in_height, first.in_dim});
    }
    add_tensor(*graph_.add_input(), data_, shape_);
    annotate(data_, finn_datatype(net.image_numbers));
    if (net.input.thresholds > 0) {
      add_thresholds("input", kInputThresholds, {net.input_rows(), net.input.thresholds},
                     net.input_threshold_bits() + 1, first.in_format(), first.in_least);
    }
    for (const auto& layer : net.layers) {
      add_layer(layer, &layer == &net.layers.back() ? form.scores : layer.out_channels);
    }
    if (form.offsets) {
      add_node("Add", "score_addition", "score_sums", kSums,
               add_constant(kScoreOffsets, onnx::TensorProto::INT32, {form.scores}, kSums));
    }
    if (form.factors) {
      add_node("Mul", "score_scaling", "score_products", kReals,
               add_constant(kScoreFactors, onnx::TensorProto::DOUBLE, {form.scores}, kReals));
    }
    if (form.biases) {
      add_node("Add", "score_shift", "score_reals", kReals,
               add_constant(kScoreBiases, onnx::TensorProto::DOUBLE, {form.scores}, kReals));
    }
    name_scores();
  }
  onnx::GraphProto take() { return std::move(graph_); }

 private:
  void add_layer(const Layer& layer, std::int64_t rows) {
    if (!layer.convolution && shape_.size() > 2) {
      shape_ = {1, layer.matrix_width()};
      set_integer(add_node("Flatten", name_of(layer, "flatten"), name_of(layer, "inputs"),
                           finn_datatype(layer.in_format())),
                  "axis", 1);
    }
    const auto weights = add_constant(
        weights_name(layer), onnx::TensorProto::INT8,
        layer.convolution ? Shape{rows, layer.in_channels, layer.window.height, layer.window.width}
                          : Shape{layer.matrix_width(), rows},
        finn_datatype(layer.weight_format()));
    shape_[1] = rows;
    add_product(layer, weights);
    if (layer.accumulator_shift() > 0) {
      add_node("Mul", name_of(layer, "scaling"), name_of(layer, "accumulators"), kSums,
               add_scale(layer));
    }
    if (layer.thresholds > 0) {
      // Twice as far apart, and off by the columns, where the hardware counts equal bits; and one more,
      // for FINN compares by >= and the hardware by >.
      add_thresholds("layer" + std::to_string(layer.index), thresholds_name(layer),
                     {rows, layer.thresholds}, layer.accumulator_bits + (layer.xnor ? 2 : 1),
                     layer.out_format(), layer.out_least);
    }
    if (layer.pool) {
      shape_[2] = layer.next_height();
      shape_[3] = layer.next_dim();
      auto& node = add_node("MaxPool", name_of(layer, "maxpool"), name_of(layer, "pooled"),
                            finn_datatype(layer.out_format()));
      set_window(node, layer.pool_window);
    }
  }

  static void set_window(onnx::NodeProto& node, const Window& window) {
    set_integers(node, "kernel_shape", {window.height, window.width});
    set_integers(node, "pads", {window.top, window.left, window.bottom, window.right});
    set_integers(node, "strides", {window.stride_y, window.stride_x});
  }

  void add_product(const Layer& layer, const std::string& weights) {
    const auto output = name_of(layer, "sums");
    if (!layer.convolution) {
      add_node("MatMul", name_of(layer, "matmul"), output, kSums, weights);
      return;
    }
    shape_[2] = layer.out_height;
    shape_[3] = layer.out_dim;
    auto& node = add_node("Conv", name_of(layer, "conv"), output, kSums, weights);
    set_integers(node, "dilations", {1, 1});
    set_integer(node, "group", 1);
    set_window(node, layer.window);
  }

  void add_thresholds(const std::string& place, const std::string& name, const Shape& dims, int bits,
                      const NumberFormat& outputs, int least) {
    const auto thresholds =
        add_constant(name, bits > 32 ? onnx::TensorProto::INT64 : onnx::TensorProto::INT32, dims,
                     "INT" + std::to_string(bits));
    auto& node = add_node("MultiThreshold", place + "_multithreshold", place + "_activations",
                          finn_datatype(outputs), thresholds);
    node.set_domain(kFinnDomain);
    if (shape_.size() > 2) {
      set_text(node, "data_layout", "NCHW");
    }
    set_float(node, "out_bias", static_cast<float>(least));
    set_text(node, "out_dtype", finn_datatype(outputs));
    set_float(node, "out_scale", static_cast<float>(outputs.step()));
  }

  /// A constant of integers and what makes numbers of it with which operators compute; returns those.
  std::string add_constant(const std::string& name, onnx::TensorProto::DataType type, const Shape& dims,
                           const std::string& datatype) {
    auto& tensor = *graph_.add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const auto dim : dims) {
      tensor.add_dims(dim);
    }
    annotate(name, datatype);
    const auto output = name + "_float";
    auto& node = *graph_.add_node();
    node.set_op_type("Cast");
    node.set_name(name + "_cast");
    node.add_input(name);
    node.add_output(output);
    set_integer(node, "to", onnx::TensorProto::FLOAT);
    add_tensor(*graph_.add_value_info(), output, dims);
    annotate(output, datatype);
    return output;
  }

  std::string add_scale(const Layer& layer) {
    auto& tensor = *graph_.add_initializer();
    tensor.set_name(scale_name(layer));
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    tensor.add_float_data(static_cast<float>(std::int64_t{1} << layer.accumulator_shift()));
    annotate(tensor.name(), kSums);
    return tensor.name();
  }

  /// A node on the data so far, whose output has `shape_` and is the data from here on.
  onnx::NodeProto& add_node(const char* operation, const std::string& name, const std::string& output,
                            const std::string& datatype, const std::string& constant = "") {
    auto& node = *graph_.add_node();
    node.set_op_type(operation);
    node.set_name(name);
    node.add_input(data_);
    if (!constant.empty()) {
      node.add_input(constant);
    }
    node.add_output(output);
    data_ = output;
    annotate(output, datatype);
    add_tensor(*graph_.add_value_info(), output, shape_);
    return node;
  }

  // What the last node gives, which is known when there is no further one.
  void name_scores() {
    const std::string scores = "scores";
    graph_.mutable_node()->rbegin()->set_output(0, scores);
    graph_.mutable_quantization_annotation()->rbegin()->set_tensor_name(scores);
    graph_.mutable_value_info()->RemoveLast();
    add_tensor(*graph_.add_output(), scores, shape_);
  }

  void annotate(const std::string& tensor, const std::string& datatype) {
    auto& annotation = *graph_.add_quantization_annotation();
    annotation.set_tensor_name(tensor);
    auto& entry = *annotation.add_quant_parameter_tensor_names();
    entry.set_key("finn_datatype");
    entry.set_value(datatype);
  }

  static void add_tensor(onnx::ValueInfoProto& info, const std::string& name, const Shape& dims) {
    info.set_name(name);
    auto& type = *info.mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx::TensorProto::FLOAT);
    for (const auto dim : dims) {
      type.mutable_shape()->add_dim()->set_dim_value(dim);
    }
  }

  onnx::GraphProto graph_;
  std::string data_ = "image";
  Shape shape_;
};

}  // namespace

std::string weights_name(const Layer& layer) { return name_of(layer, "weights"); }
std::string thresholds_name(const Layer& layer) { return name_of(layer, "thresholds"); }
std::string scale_name(const Layer& layer) { return name_of(layer, "scale"); }

onnx::ModelProto parameter_model(const Topology& net, const ScoreForm& form) {
  onnx::ModelProto model;
  model.set_ir_version(kIrVersion);
  model.set_producer_name("fluence");
  model.set_doc_string("Parameters of " + net.network + " for Fluence.");
  auto* operators = model.add_opset_import();
  operators->set_domain("");
  operators->set_version(kOperators);
  operators = model.add_opset_import();
  operators->set_domain(kFinnDomain);
  operators->set_version(kFinnOperators);
  *model.mutable_graph() = Builder(net, form).take();
  return model;
}

std::string finn_datatype(const NumberFormat& format) {
  if (format.bits == 1) {
    return format.is_unsigned ? "BINARY" : "BIPOLAR";
  }
  return (format.is_unsigned ? "UINT" : "INT") + std::to_string(format.bits);
}

std::string finn_datatype(const onnx::GraphProto& graph, const std::string& tensor) {
  for (const auto& annotation : graph.quantization_annotation()) {
    if (annotation.tensor_name() == tensor) {
      for (const auto& entry : annotation.quant_parameter_tensor_names()) {
        if (entry.key() == "finn_datatype") {
          return entry.value();
        }
      }
    }
  }
  return "";
}

}  // namespace fluence
