// What each node computes, in double precision: the semantics of ONNX, QONNX and FINN.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "import/graph.hpp"
#include "import/values.hpp"

namespace fluence::importing {

inline constexpr double kMostQuantizerBits = 32;

using Inputs = std::vector<const Values*>;

/// The node's first output. An input that the node leaves out is null. Throws InputError saying why,
/// without names, if it is none that is known here, or its inputs do not fit.
Values compute(const Node& node, const Inputs& inputs);
bool is_known(const std::string& op);

/// What the import makes of a node on the data path.
enum class Role {
  elementwise,  ///< number by number, with constants: what lies between a sum and an activation
  shape,        ///< moves numbers
  product,      ///< a matrix
  window,       ///< gathers a product's columns, or pads for one that does
  pool,
  end,  ///< what a host does with scores
  other
};
Role role_of(const std::string& op);
/// Whether it rounds what it gets to numbers of few bits.
bool is_quantizer(const std::string& op);

/// What a node takes its outputs from, on a map of rows x columns. Throws InputError if it says less or
/// asks for what has no window: a dilation, a group.
Window window_of(const Node& node, std::int64_t rows, std::int64_t columns, const Shape& kernel);

/// A node's kind with what computes it, of one file each.
using Operator = Values (*)(const Node&, const Inputs&);
using Operators = std::map<std::string, Operator, std::less<>>;
const Operators& shape_operators();
const Operators& number_operators();
const Operators& window_operators();

/// An input that must be there.
const Values& needed(const Inputs& inputs, std::size_t i);

}  // namespace fluence::importing
