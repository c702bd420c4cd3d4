// Operators that move numbers, and those that compute shapes.
#include <algorithm>

#include "base/error.hpp"
#include "import/operators.hpp"

namespace fluence::importing {
namespace {

Shape whole_numbers(const Values& values) {
  Shape result;
  for (const auto value : values.values) {
    if (!(value >= -1e15 && value <= 1e15)) {
      throw InputError("has a number in a shape that is none");
    }
    result.push_back(static_cast<std::int64_t>(value));
  }
  return result;
}

Values list_of(const Shape& numbers) {
  return {{static_cast<std::int64_t>(numbers.size())}, {numbers.begin(), numbers.end()}};
}

Values same(const Node&, const Inputs& inputs) { return needed(inputs, 0); }

Values reshape(const Node&, const Inputs& inputs) {
  const auto& values = needed(inputs, 0);
  auto shape = whole_numbers(needed(inputs, 1));
  std::int64_t rest = static_cast<std::int64_t>(values.values.size());
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && i < values.shape.size()) {
      shape[i] = values.shape[i];
    }
    rest = shape[i] > 0 ? rest / shape[i] : rest;
  }
  std::ranges::replace(shape, -1, rest);
  return reshaped(values, shape);
}

Values flatten(const Node& node, const Inputs& inputs) {
  const auto& values = needed(inputs, 0);
  const auto rank = values.shape.size();
  const auto given = node.integer("axis", 1);
  const auto axis = given == static_cast<std::int64_t>(rank) ? rank : axis_of(given, rank);
  std::int64_t rows = 1;
  for (std::size_t i = 0; i < axis; ++i) {
    rows *= values.shape[i];
  }
  return reshaped(values, {rows, static_cast<std::int64_t>(values.values.size()) / rows});
}

Values transpose(const Node& node, const Inputs& inputs) {
  const auto& values = needed(inputs, 0);
  Shape order;
  for (std::size_t i = values.shape.size(); i-- > 0;) {
    order.push_back(static_cast<std::int64_t>(i));
  }
  return transposed(values, node.integers("perm", order));
}

/// From an attribute or, in later versions, an input; counted from the front.
std::vector<std::size_t> axes_of(const Node& node, const Inputs& inputs, std::size_t rank) {
  auto axes = node.integers("axes");
  if (!node.has("axes") && inputs.size() > 1 && inputs[1] != nullptr) {
    axes = whole_numbers(*inputs[1]);
  }
  std::vector<std::size_t> result;
  for (const auto axis : axes) {
    result.push_back(axis_of(axis, rank));
  }
  std::ranges::sort(result);
  return result;
}

Values squeeze(const Node& node, const Inputs& inputs) {
  const auto& values = needed(inputs, 0);
  const auto axes = axes_of(node, inputs, values.shape.size());
  Shape shape;
  for (std::size_t i = 0; i < values.shape.size(); ++i) {
    const bool dropped = axes.empty() ? values.shape[i] == 1 : std::ranges::binary_search(axes, i);
    if (!dropped) {
      shape.push_back(values.shape[i]);
    }
  }
  return reshaped(values, shape);
}

Values unsqueeze(const Node& node, const Inputs& inputs) {
  const auto& values = needed(inputs, 0);
  const auto given = node.has("axes") ? node.integers("axes").size() : needed(inputs, 1).values.size();
  if (given > 8) {
    throw InputError("adds more than 8 axes");
  }
  const auto axes = axes_of(node, inputs, values.shape.size() + given);
  auto shape = values.shape;
  for (const auto axis : axes) {
    shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(std::min(axis, shape.size())), 1);
  }
  return reshaped(values, shape);
}

Values shape(const Node&, const Inputs& inputs) { return list_of(needed(inputs, 0).shape); }

Values gather(const Node& node, const Inputs& inputs) {
  const auto& values = needed(inputs, 0);
  const auto& indices = needed(inputs, 1);
  if (values.shape.size() != 1 || node.integer("axis", 0) != 0) {
    throw InputError("gathers from more than a list of numbers");
  }
  Values result{indices.shape, {}};
  for (const auto index : whole_numbers(indices)) {
    result.values.push_back(values.values[axis_of(index, values.values.size())]);
  }
  return result;
}

Values concat(const Node&, const Inputs& inputs) {
  Values result{{0}, {}};
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto& part = needed(inputs, i);
    if (part.shape.size() != 1) {
      throw InputError("joins more than lists of numbers");
    }
    result.values.insert(result.values.end(), part.values.begin(), part.values.end());
  }
  result.shape = {static_cast<std::int64_t>(result.values.size())};
  return result;
}

}  // namespace

const Operators& shape_operators() {
  static const Operators operators = {
      {"Identity", same},   {"Cast", same},           {"Dropout", same},    {"Reshape", reshape},
      {"Flatten", flatten}, {"Transpose", transpose}, {"Squeeze", squeeze}, {"Unsqueeze", unsqueeze},
      {"Shape", shape},     {"Gather", gather},       {"Concat", concat}};
  return operators;
}

}  // namespace fluence::importing
