// What of a graph does not depend on its input: constants, and what nodes make of them, with the whole
// numbers that a quantizer turned them into.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "import/graph.hpp"
#include "import/operators.hpp"

namespace fluence::importing {

/// Numbers that are multiples of scales, tensors of the same shape.
struct Multiples {
  Values integers;
  Values scales;
  NumberFormat format;  ///< that the quantizer says
};

struct Constant {
  Values values;
  std::optional<Multiples> multiples;
  std::string datatype;  ///< as FINN calls it, or empty
};

class Constants {
 public:
  explicit Constants(const Graph& graph);

  [[nodiscard]] const Constant* find(const std::string& name) const;
  /// Whether every input that a node has is one.
  [[nodiscard]] bool make(const Node& node) const;
  /// Computes such a node. Throws InputError naming it.
  void add(const Node& node);
  /// Gives a name to a tensor that is known otherwise, as the shape of one on the data path.
  void add(const std::string& name, Values values);

  /// What a node gets: constants and, in place of the others, `data`.
  [[nodiscard]] Inputs inputs_of(const Node& node, const Values& data) const;

 private:
  const Graph* graph_;
  std::map<std::string, Constant> constants_;
};

/// How a quantizer's number is made of the whole number q that it is of: (q - zero) * scale.
struct Quantization {
  double scale = 1;
  double zero = 0;
  NumberFormat format;

  [[nodiscard]] double number(double value) const;  ///< the whole number
};

/// Of a quantizer, whose scale must be one number. Throws InputError saying why, without names.
Quantization quantization_of(const Node& node, const Constants& constants);

/// The smallest format that holds least to most. More than 32 bits where none does.
NumberFormat format_for(std::int64_t least, std::int64_t most, bool is_signed);

}  // namespace fluence::importing
