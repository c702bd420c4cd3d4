#include "import/one_dimension.hpp"

#include <algorithm>
#include <utility>

#include "import/operators.hpp"

namespace fluence::importing {
namespace {

bool is_windowed(const Node& node) { return node.op == "Conv" || node.op == "MaxPool"; }

/// Whether it leaves a tensor's sides as they are, so that there can be one more.
bool keeps_shape(const Node& node) {
  return role_of(node.op) == Role::elementwise || node.op == "Identity" || node.op == "Cast" ||
         node.op == "Dropout";
}

/// One number of the length's becomes two, or two of its ends become four.
void widen(Node& node, const char* key, std::int64_t of_column) {
  const auto it = node.attributes.find(key);
  if (it == node.attributes.end()) {
    return;
  }
  auto& numbers = it->second.integers;
  if (numbers.size() == 1) {
    numbers = {numbers[0], of_column};
  } else if (numbers.size() == 2) {
    numbers = {numbers[0], of_column, numbers[1], of_column};
  }
}

Node moved(const std::string& op, const std::string& from, const std::string& to, std::int64_t axis) {
  Node node{to, op, {from}, {to}, {}};
  node.attributes["axes"].integers = {axis};
  return node;
}

}  // namespace

void widen_one_dimension(Graph& graph) {
  const bool has_windows = std::ranges::any_of(graph.nodes, [](const Node& node) {
    return is_windowed(node) && node.integers("kernel_shape").size() == 1;
  });
  if (graph.input_shape.size() != 3 || !has_windows) {
    return;
  }
  graph.input_shape.push_back(1);
  auto data = graph.input;
  bool wide = true;
  for (auto node : std::exchange(graph.nodes, {})) {
    const auto takes = std::ranges::find(node.inputs, data);
    if (!wide || takes == node.inputs.end() || node.op == "Shape") {
      graph.nodes.push_back(std::move(node));
      continue;
    }
    if (is_windowed(node)) {
      for (const auto* key : {"kernel_shape", "strides", "dilations"}) {
        widen(node, key, 1);
      }
      widen(node, "pads", 0);
    } else if (!keeps_shape(node)) {
      *takes = node.name + "_data";
      graph.nodes.push_back(moved("Squeeze", data, *takes, 3));
      wide = false;
    }
    // Weights have one side more, and what is combined with the data by the place of its numbers.
    const bool by_channel = node.op == "BatchNormalization" || node.op == "MultiThreshold";
    const auto end = node.op == "Conv" ? std::min<std::size_t>(node.inputs.size(), 2)
                     : by_channel      ? 0
                                       : node.inputs.size();
    for (std::size_t i = 0; i < end && wide; ++i) {
      auto& input = node.inputs[i];
      if (input != data && !input.empty()) {
        const auto name = node.name + "_input" + std::to_string(i);
        graph.nodes.push_back(moved("Unsqueeze", std::exchange(input, name), name, -1));
      }
    }
    data = node.outputs.front();
    graph.nodes.push_back(std::move(node));
  }
}

}  // namespace fluence::importing
