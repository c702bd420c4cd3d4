// The graph of an ONNX file: nodes in the order in which they compute, constants, and what is said of
// tensors. docs/import.md says which files are read.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "import/values.hpp"
#include "network/topology.hpp"

namespace fluence::importing {

/// What a node says beside its inputs.
struct Attribute {
  std::int64_t integer = 0;
  double real = 0;
  std::string text;
  Shape integers;
  std::optional<Values> tensor;
};

struct Node {
  std::string name;  ///< its own, or that of its operator with its number among those of that operator
  std::string op;
  std::vector<std::string> inputs, outputs;
  std::map<std::string, Attribute, std::less<>> attributes;

  [[nodiscard]] bool has(std::string_view key) const { return attributes.contains(key); }
  [[nodiscard]] std::int64_t integer(std::string_view key, std::int64_t otherwise) const;
  [[nodiscard]] double real(std::string_view key, double otherwise) const;
  [[nodiscard]] std::string text(std::string_view key, const std::string& otherwise = "") const;
  [[nodiscard]] Shape integers(std::string_view key, const Shape& otherwise = {}) const;
  /// The name of an input; empty where it has none.
  [[nodiscard]] std::string input(std::size_t i) const { return i < inputs.size() ? inputs[i] : ""; }
};

/// Throws InputError: the file, the node, what is wrong.
[[noreturn]] void refuse(const std::string& file, const Node& node, const std::string& why);

struct Graph {
  std::string file;
  std::vector<Node> nodes;  ///< those that the output depends on
  std::map<std::string, Values> constants;
  std::map<std::string, std::string> datatypes;  ///< of tensors, as FINN calls them
  std::string input, output;
  Shape input_shape;  ///< of one image: the first side is 1
};

/// Reads an ONNX model; nodes of FINN's hardware become those of which they are made. Throws InputError
/// naming the file if it cannot be read, or is no graph with one input and one output.
Graph read_graph(const std::filesystem::path& file);
/// The same of its bytes.
Graph parse_graph(const std::string& bytes, const std::string& file);

/// The numbers of a type as FINN calls it: BIPOLAR, BINARY, TERNARY, INT2, UINT8. Nothing if it is none
/// of 1 to 32 bits.
std::optional<NumberFormat> format_of(std::string_view datatype);
/// What FINN calls numbers of a format.
std::string datatype_of(const NumberFormat& format);

}  // namespace fluence::importing
