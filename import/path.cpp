#include "import/path.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.hpp"
#include "import/operators.hpp"

namespace fluence::importing {

void require_chain(const Graph& graph) {
  if (std::ranges::none_of(graph.nodes, [](const Node& node) { return is_quantizer(node.op); })) {
    throw InputError(graph.file +
                     " has no quantizer: it is a floating-point network, which no integer hardware "
                     "computes: quantize it first, with Brevitas or QKeras");
  }
  std::set<std::string> data{graph.input};
  std::map<std::string, int> takers;
  for (const auto& node : graph.nodes) {
    if (node.op == "Shape") {
      continue;
    }
    const auto count = std::ranges::count_if(
        node.inputs, [&](const std::string& input) { return data.contains(input); });
    if (count > 1) {
      refuse(graph.file, node,
             "is where two data paths meet: residual connections are not imported, only chains");
    }
    if (count == 1) {
      data.insert(node.outputs.begin(), node.outputs.end());
    }
  }
  for (const auto& node : graph.nodes) {
    for (const auto& input : node.inputs) {
      if (node.op != "Shape" && data.contains(input) && ++takers[input] > 1) {
        refuse(graph.file, node,
               "takes '" + input + "', which another node takes, too: only chains are imported");
      }
    }
  }
}

InputLayout layout_of_input(const Graph& graph) {
  const auto rank = graph.input_shape.size();
  std::string name = graph.input;
  Shape axes;  // of the input, as they lie now
  for (std::size_t i = 0; i < rank; ++i) {
    axes.push_back(static_cast<std::int64_t>(i));
  }
  for (const auto& node : graph.nodes) {
    if (std::ranges::find(node.inputs, name) == node.inputs.end() || node.op == "Shape") {
      continue;
    }
    const auto role = role_of(node.op);
    if (node.op == "Conv" || role == Role::window || role == Role::pool) {
      const bool last = node.op != "Conv" && node.op != "MaxPool";
      return {rank == 4, rank == 4 && axes[last ? 3 : 1] == 3};
    }
    if (node.op == "Transpose") {
      const auto order = node.integers("perm");
      auto turned = axes;
      for (std::size_t i = 0; i < rank && order.size() == rank; ++i) {
        turned[i] = axes[static_cast<std::size_t>(
            std::clamp<std::int64_t>(order[i], 0, static_cast<std::int64_t>(rank) - 1))];
      }
      axes = turned;
    } else if (role == Role::product) {
      // Of a map's pixels, each on its own; one pixel is a list.
      const bool map = rank == 4 && graph.input_shape[static_cast<std::size_t>(axes[1])] *
                                            graph.input_shape[static_cast<std::size_t>(axes[2])] >
                                        1;
      return {map, map && axes[3] == 3};
    } else if (node.op == "Reshape" || node.op == "Flatten" || node.op == "Squeeze" ||
               node.op == "Unsqueeze") {
      break;
    }
    name = node.outputs.front();
  }
  return {};
}

}  // namespace fluence::importing
