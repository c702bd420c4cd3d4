// ONNX models that tests make: a node, a constant, a type at a time.
#pragma once

#include <onnx/onnx_pb.h>

#include <string>
#include <utility>
#include <vector>

#include "import/graph.hpp"

namespace fluence::test {

class Model {
 public:
  /// Of an input of that shape, whose type FINN calls so; empty: floating point.
  explicit Model(const importing::Shape& shape, const std::string& datatype = "") {
    auto* info = graph().add_input();
    info->set_name("input");
    for (const auto side : shape) {
      info->mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(side);
    }
    annotate("input", datatype);
  }

  onnx::GraphProto& graph() { return *model_.mutable_graph(); }

  /// Returns its name.
  std::string constant(const std::vector<float>& values, const importing::Shape& shape = {},
                       const std::string& datatype = "") {
    auto& tensor = *graph().add_initializer();
    tensor.set_name("constant" + std::to_string(graph().initializer_size()));
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    tensor.mutable_dims()->Assign(shape.begin(), shape.end());
    tensor.mutable_float_data()->Assign(values.begin(), values.end());
    annotate(tensor.name(), datatype);
    return tensor.name();
  }

  /// A node behind the last one, with these further inputs; returns it.
  onnx::NodeProto& node(const std::string& op, const std::vector<std::string>& constants = {}) {
    auto& added = *graph().add_node();
    added.set_op_type(op);
    added.set_name(op + "_" + std::to_string(count_++));
    added.add_input(data_);
    for (const auto& name : constants) {
      added.add_input(name);
    }
    data_ = added.name() + "_out";
    added.add_output(data_);
    return added;
  }
  /// A node of constants; returns the name of what it makes.
  std::string made(const std::string& op, const std::vector<std::string>& constants,
                   const std::vector<std::pair<std::string, std::int64_t>>& numbers = {}) {
    const auto before = data_;
    auto& added = node(op, {});
    added.mutable_input()->Clear();
    for (const auto& name : constants) {
      added.add_input(name);
    }
    for (const auto& [key, value] : numbers) {
      set(added, key, value);
    }
    return std::exchange(data_, before);
  }

  static void set(onnx::NodeProto& node, const std::string& key, std::int64_t value) {
    auto& attribute = *node.add_attribute();
    attribute.set_name(key);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(value);
  }
  static void set(onnx::NodeProto& node, const std::string& key, const importing::Shape& values) {
    auto& attribute = *node.add_attribute();
    attribute.set_name(key);
    attribute.set_type(onnx::AttributeProto::INTS);
    attribute.mutable_ints()->Assign(values.begin(), values.end());
  }
  static void set_real(onnx::NodeProto& node, const std::string& key, float value) {
    auto& attribute = *node.add_attribute();
    attribute.set_name(key);
    attribute.set_type(onnx::AttributeProto::FLOAT);
    attribute.set_f(value);
  }
  static void set_text(onnx::NodeProto& node, const std::string& key, const std::string& value) {
    auto& attribute = *node.add_attribute();
    attribute.set_name(key);
    attribute.set_type(onnx::AttributeProto::STRING);
    attribute.set_s(value);
  }

  /// Quant of the data.
  onnx::NodeProto& quant(float scale, float bits, bool is_signed, bool narrow = false) {
    auto& added = node("Quant", {constant({scale}), constant({0}), constant({bits})});
    set(added, "signed", is_signed ? 1 : 0);
    set(added, "narrow", narrow ? 1 : 0);
    return added;
  }
  /// Of weights; returns the name of what it makes.
  std::string quantized(const std::string& weights, const std::string& scale, float bits, bool narrow) {
    return made("Quant", {weights, scale, constant({0}), constant({bits})},
                {{"signed", 1}, {"narrow", narrow ? 1 : 0}});
  }
  /// MultiThreshold of FINN's type, one step a threshold.
  onnx::NodeProto& thresholds(const std::vector<float>& values, const importing::Shape& shape,
                              const std::string& datatype, float least = 0) {
    auto& added = node("MultiThreshold", {constant(values, shape)});
    const bool bipolar = datatype == "BIPOLAR";
    set_real(added, "out_scale", bipolar ? 2 : 1);
    set_real(added, "out_bias", bipolar ? -1 : least);
    set_text(added, "out_dtype", datatype);
    return added;
  }

  void annotate(const std::string& tensor, const std::string& datatype) {
    if (!datatype.empty()) {
      auto& said = *graph().add_quantization_annotation();
      said.set_tensor_name(tensor);
      auto& entry = *said.add_quant_parameter_tensor_names();
      entry.set_key("finn_datatype");
      entry.set_value(datatype);
    }
  }

  [[nodiscard]] const std::string& data() const { return data_; }
  [[nodiscard]] std::string bytes() {
    graph().mutable_output()->Clear();
    graph().add_output()->set_name(data_);
    return model_.SerializeAsString();
  }
  importing::Graph read() { return importing::parse_graph(bytes(), "x.onnx"); }

 private:
  onnx::ModelProto model_;
  std::string data_ = "input";
  int count_ = 0;
};

}  // namespace fluence::test
