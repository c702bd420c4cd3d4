#include "import/graph.hpp"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/input_file.hpp"
#include "import/finn_nodes.hpp"
#include "import/numbers.hpp"
#include "import/one_dimension.hpp"

namespace fluence::importing {
namespace {

constexpr std::size_t kMostBytes = std::size_t{512} * kMebibyte;
constexpr int kMostNodes = 10'000;
constexpr int kMostRank = 8;
constexpr std::int64_t kMostInputs = std::int64_t{1} << 19;

class Reader {
 public:
  Reader(const std::string& bytes, const std::string& file) : file_(file) {
    graph_.file = file;
    google::protobuf::io::CodedInputStream stream(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                                  static_cast<int>(bytes.size()));
    stream.SetTotalBytesLimit(std::numeric_limits<int>::max());
    if (!model_.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage() ||
        !model_.has_graph()) {
      fail("is no ONNX model or ends in its middle: give a whole file of one");
    }
  }

  Graph read() {
    const auto& graph = model_.graph();
    if (graph.node_size() > kMostNodes) {
      fail(fmt::format("has more than {} nodes: give a smaller network", kMostNodes));
    }
    read_constants(graph);
    read_input(graph);
    if (graph.output_size() != 1) {
      fail(fmt::format("has {} outputs: give a network with one", graph.output_size()));
    }
    graph_.output = graph.output(0).name();
    for (const auto& said : graph.quantization_annotation()) {
      for (const auto& entry : said.quant_parameter_tensor_names()) {
        if (entry.key() == "finn_datatype") {
          graph_.datatypes[said.tensor_name()] = entry.value();
        }
      }
    }
    for (const auto& node : graph.node()) {
      add_node(node);
    }
    expand_finn_nodes(graph_);
    keep_what_is_needed();
    sort();
    widen_one_dimension(graph_);
    return std::move(graph_);
  }

 private:
  [[noreturn]] void fail(const std::string& why) const { throw InputError(file_ + " " + why); }

  Values values_of(const onnx::TensorProto& tensor) const {
    try {
      if (tensor.dims_size() > kMostRank) {
        throw InputError("it has more than 8 axes");
      }
      return numbers_of(tensor);
    } catch (const InputError& e) {
      fail("has the tensor '" + tensor.name() + "' that cannot be used (" + e.what() +
           "): export it again with its numbers inside");
    }
  }

  void read_constants(const onnx::GraphProto& graph) {
    for (const auto& tensor : graph.initializer()) {
      graph_.constants[tensor.name()] = values_of(tensor);
    }
  }

  // Old files list their constants as inputs, too.
  void read_input(const onnx::GraphProto& graph) {
    for (const auto& info : graph.input()) {
      if (graph_.constants.contains(info.name()) || !graph_.input.empty()) {
        continue;
      }
      graph_.input = info.name();
      const auto& shape = info.type().tensor_type().shape();
      for (const auto& side : shape.dim()) {
        graph_.input_shape.push_back(graph_.input_shape.empty() ? 1 : side.dim_value());
      }
    }
    if (graph_.input.empty()) {
      fail("has no input: give a network that takes one");
    }
    const bool good = graph_.input_shape.size() >= 2 && graph_.input_shape.size() <= 4 &&
                      std::ranges::all_of(graph_.input_shape, [](auto side) { return side >= 1; });
    if (!good) {
      fail("has the input '" + graph_.input + "' of the shape " + text_of(graph_.input_shape) +
           ": give a network whose input has a shape of 2 to 4 sides that are numbers");
    }
    if (size_of(graph_.input_shape) > kMostInputs) {
      fail(fmt::format("takes more than {} numbers: give a network of smaller images", kMostInputs));
    }
  }

  /// What a Constant says: a tensor, a number or a list of numbers.
  std::optional<Values> constant_of(const onnx::AttributeProto& said) const {
    const auto list = [](const auto& numbers) {
      return Values{{numbers.size()}, {numbers.begin(), numbers.end()}};
    };
    const auto& key = said.name();
    return key == "value" && said.has_t() ? std::optional(values_of(said.t()))
           : key == "value_float"         ? std::optional(Values{{}, {said.f()}})
           : key == "value_int"           ? std::optional(Values{{}, {static_cast<double>(said.i())}})
           : key == "value_floats"        ? std::optional(list(said.floats()))
           : key == "value_ints"          ? std::optional(list(said.ints()))
                                          : std::nullopt;
  }

  void add_node(const onnx::NodeProto& from) {
    Node node;
    node.op = from.op_type();
    const int number = counts_[node.op]++;
    node.name = from.name().empty() ? fmt::format("{}_{}", node.op, number) : from.name();
    node.inputs.assign(from.input().begin(), from.input().end());
    node.outputs.assign(from.output().begin(), from.output().end());
    for (const auto& attribute : from.attribute()) {
      Attribute value{attribute.i(),
                      attribute.f(),
                      attribute.s(),
                      Shape(attribute.ints().begin(), attribute.ints().end()),
                      {}};
      if (attribute.has_t()) {
        value.tensor = values_of(attribute.t());
      }
      node.attributes[attribute.name()] = std::move(value);
    }
    if (node.outputs.empty()) {
      refuse(file_, node, "has no output: drop it");
    }
    if (node.op == "Constant" && from.attribute_size() == 1) {
      if (auto value = constant_of(from.attribute(0))) {
        graph_.constants[node.outputs.front()] = std::move(*value);
        return;
      }
    }
    graph_.nodes.push_back(std::move(node));
  }

  void keep_what_is_needed() {
    std::map<std::string, std::size_t> makers;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      for (const auto& output : graph_.nodes[i].outputs) {
        makers.emplace(output, i);
      }
    }
    std::set<std::size_t> needed;
    std::vector<std::string> asked{graph_.output};
    while (!asked.empty()) {
      const auto it = makers.find(asked.back());
      asked.pop_back();
      if (it != makers.end() && needed.insert(it->second).second) {
        const auto& inputs = graph_.nodes[it->second].inputs;
        asked.insert(asked.end(), inputs.begin(), inputs.end());
      }
    }
    std::vector<Node> kept;
    for (const auto i : needed) {
      kept.push_back(std::move(graph_.nodes[i]));
    }
    graph_.nodes = std::move(kept);
  }

  // Each behind those that it takes something of.
  void sort() {
    std::map<std::string, std::size_t> makers;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      for (const auto& output : graph_.nodes[i].outputs) {
        makers.emplace(output, i);
      }
    }
    std::vector<std::size_t> missing(graph_.nodes.size());
    std::vector<std::vector<std::size_t>> takers(graph_.nodes.size());
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      for (const auto& input : graph_.nodes[i].inputs) {
        if (const auto it = makers.find(input); it != makers.end()) {
          ++missing[i];
          takers[it->second].push_back(i);
        }
      }
    }
    std::set<std::size_t> ready;
    for (std::size_t i = 0; i < missing.size(); ++i) {
      if (missing[i] == 0) {
        ready.insert(i);
      }
    }
    std::vector<Node> sorted;
    while (!ready.empty()) {
      const auto i = *ready.begin();
      ready.erase(ready.begin());
      for (const auto taker : takers[i]) {
        if (--missing[taker] == 0) {
          ready.insert(taker);
        }
      }
      sorted.push_back(std::move(graph_.nodes[i]));
    }
    if (sorted.size() != graph_.nodes.size()) {
      fail("has nodes that wait for each other: give a graph without a circle");
    }
    graph_.nodes = std::move(sorted);
  }

  std::string file_;
  onnx::ModelProto model_;
  Graph graph_;
  std::map<std::string, int> counts_;
};

template <typename T, typename Member>
T attribute_of(const Node& node, std::string_view key, const T& otherwise, Member Attribute::*member) {
  const auto it = node.attributes.find(key);
  return it == node.attributes.end() ? otherwise : T(it->second.*member);
}

}  // namespace

std::int64_t Node::integer(std::string_view key, std::int64_t otherwise) const {
  return attribute_of(*this, key, otherwise, &Attribute::integer);
}
double Node::real(std::string_view key, double otherwise) const {
  return attribute_of(*this, key, otherwise, &Attribute::real);
}
std::string Node::text(std::string_view key, const std::string& otherwise) const {
  return attribute_of(*this, key, otherwise, &Attribute::text);
}
Shape Node::integers(std::string_view key, const Shape& otherwise) const {
  return attribute_of(*this, key, otherwise, &Attribute::integers);
}

void refuse(const std::string& file, const Node& node, const std::string& why) {
  throw InputError(file + ": " + node.name +
                   (node.name.starts_with(node.op) ? "" : " (" + node.op + ")") + " " + why);
}

Graph read_graph(const std::filesystem::path& file) {
  return parse_graph(read_file(file, "the network", "check the path", kMostBytes), file.string());
}

Graph parse_graph(const std::string& bytes, const std::string& file) {
  return Reader(bytes, file).read();
}

std::optional<NumberFormat> format_of(std::string_view datatype) {
  if (datatype == "BIPOLAR") {
    return NumberFormat{1};
  }
  if (datatype == "BINARY") {
    return NumberFormat{1, true};
  }
  if (datatype == "TERNARY") {
    return NumberFormat{2};
  }
  const bool is_unsigned = datatype.starts_with("UINT");
  if (!is_unsigned && !datatype.starts_with("INT")) {
    return {};
  }
  datatype.remove_prefix(is_unsigned ? 4 : 3);
  int bits = 0;
  const auto [end, error] = std::from_chars(datatype.data(), datatype.data() + datatype.size(), bits);
  // One bit with a sign is no BIPOLAR.
  const bool good = error == std::errc() && end == datatype.data() + datatype.size() &&
                    bits >= (is_unsigned ? 1 : 2) && bits <= 32;
  return good ? std::optional(NumberFormat{bits, is_unsigned}) : std::nullopt;
}

std::string datatype_of(const NumberFormat& format) {
  return format.bits == 1 && !format.is_unsigned
             ? "BIPOLAR"
             : fmt::format("{}INT{}", format.is_unsigned ? "U" : "", format.bits);
}

}  // namespace fluence::importing
