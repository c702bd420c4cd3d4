// Tensors in double precision, in which the import computes what a graph says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace fluence::importing {

using Shape = std::vector<std::int64_t>;

/// No tensor that is imported has more numbers.
inline constexpr std::int64_t kMostNumbers = std::int64_t{1} << 24;

/// A tensor, row-major.
struct Values {
  Shape shape;
  std::vector<double> values;

  bool operator==(const Values&) const = default;
};

/// How many numbers a shape asks for. Throws InputError, without a file's name, if a side is negative or
/// there are more than kMostNumbers; so do the others where they make a tensor.
std::int64_t size_of(const Shape& shape);
/// "[1, 3, 32, 32]".
std::string text_of(const Shape& shape);

Values filled(const Shape& shape, double value);
/// The shape to which two broadcast, as ONNX and NumPy do. Throws InputError if they do not.
Shape broadcast(const Shape& a, const Shape& b);
/// The tensor with its numbers repeated to a shape to which it broadcasts.
Values expanded(const Values& values, const Shape& shape);
/// Number by number, broadcast to each other.
Values combined(const Values& a, const Values& b, const std::function<double(double, double)>& combine);
Values transposed(const Values& values, const Shape& order);
/// A tensor of another shape with the same numbers. Throws InputError if it has others.
Values reshaped(Values values, const Shape& shape);
/// Of an axis that may count from the end. Throws InputError if there is none.
std::size_t axis_of(std::int64_t axis, std::size_t rank);

}  // namespace fluence::importing
