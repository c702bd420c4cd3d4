#include "import/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/strided.hpp"

namespace fluence::importing {
namespace {

/// How far apart in memory neighbours along each axis are.
std::vector<std::size_t> steps_of(const Shape& shape) {
  std::vector<std::size_t> steps(shape.size());
  std::size_t step = 1;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    steps[axis] = step;
    step *= static_cast<std::size_t>(shape[axis]);
  }
  return steps;
}

/// Reads a tensor along the axes of `shape`, with so many numbers between neighbours along each.
Values walked(const Values& values, const Shape& shape, const std::vector<std::size_t>& steps) {
  return {shape, read_strided(values.values, shape, steps)};
}

}  // namespace

std::int64_t size_of(const Shape& shape) {
  std::int64_t size = 1;
  for (const auto side : shape) {
    if (side < 1 || side > kMostNumbers || (size *= side) > kMostNumbers) {
      throw InputError(fmt::format("a tensor has the shape {} where one of 1 to {} numbers is possible",
                                   text_of(shape), kMostNumbers));
    }
  }
  return size;
}

std::string text_of(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

Values filled(const Shape& shape, double value) {
  return {shape, std::vector<double>(static_cast<std::size_t>(size_of(shape)), value)};
}

Shape broadcast(const Shape& a, const Shape& b) {
  Shape shape(std::max(a.size(), b.size()));
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const auto side = [&](const Shape& from) { return i < from.size() ? from[from.size() - 1 - i] : 1; };
    if (std::min(side(a), side(b)) < 1 || (side(a) != side(b) && side(a) != 1 && side(b) != 1)) {
      throw InputError(
          fmt::format("tensors of the shapes {} and {} do not go together", text_of(a), text_of(b)));
    }
    shape[shape.size() - 1 - i] = std::max(side(a), side(b));
  }
  static_cast<void>(size_of(shape));
  return shape;
}

Values expanded(const Values& values, const Shape& shape) {
  if (values.shape == shape) {
    return values;
  }
  if (broadcast(values.shape, shape) != shape) {
    throw InputError(fmt::format("a tensor of the shape {} does not become one of {}",
                                 text_of(values.shape), text_of(shape)));
  }
  if (values.values.size() == 1) {
    return filled(shape, values.values.front());
  }
  const auto own = steps_of(values.shape);
  std::vector<std::size_t> steps(shape.size());
  for (std::size_t i = 0; i < own.size(); ++i) {
    const auto axis = shape.size() - own.size() + i;
    steps[axis] = values.shape[i] == 1 ? 0 : own[i];
  }
  return walked(values, shape, steps);
}

Values combined(const Values& a, const Values& b, const std::function<double(double, double)>& combine) {
  const auto shape = broadcast(a.shape, b.shape);
  auto result = expanded(a, shape);
  const bool one = b.values.size() == 1;
  const auto other = one ? b : expanded(b, shape);
  for (std::size_t i = 0; i < result.values.size(); ++i) {
    result.values[i] = combine(result.values[i], other.values[one ? 0 : i]);
  }
  return result;
}

Values transposed(const Values& values, const Shape& order) {
  auto sorted = order;
  std::ranges::sort(sorted);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (sorted[i] != static_cast<std::int64_t>(i)) {
      sorted.clear();
    }
  }
  if (sorted.size() != values.shape.size()) {
    throw InputError(
        fmt::format("axes in the order {} are no order of those of a tensor of the shape {}",
                    text_of(order), text_of(values.shape)));
  }
  const auto own = steps_of(values.shape);
  Shape shape;
  std::vector<std::size_t> steps;
  for (const auto axis : order) {
    shape.push_back(values.shape[static_cast<std::size_t>(axis)]);
    steps.push_back(own[static_cast<std::size_t>(axis)]);
  }
  return walked(values, shape, steps);
}

Values reshaped(Values values, const Shape& shape) {
  if (size_of(shape) != static_cast<std::int64_t>(values.values.size())) {
    throw InputError(fmt::format("a tensor of the shape {} does not become one of {}",
                                 text_of(values.shape), text_of(shape)));
  }
  return {shape, std::move(values.values)};
}

std::size_t axis_of(std::int64_t axis, std::size_t rank) {
  const auto count = static_cast<std::int64_t>(rank);
  if (axis < -count || axis >= count) {
    throw InputError(fmt::format("there is no axis {} of {}", axis, count));
  }
  return static_cast<std::size_t>(axis < 0 ? axis + count : axis);
}

}  // namespace fluence::importing
