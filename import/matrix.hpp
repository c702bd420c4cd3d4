// The whole numbers that a product's weights are, row by row.
#pragma once

#include <functional>
#include <vector>

#include "import/constants.hpp"

namespace fluence::importing {

struct Matrix {
  std::vector<std::vector<int>> weights;  ///< [row][column]
  std::vector<double> scales;             ///< of each row: a weight w stands for scale * w
  NumberFormat format;
};

/// Where in the tensor of weights that of a row's column is.
using Place = std::function<std::size_t(std::size_t row, std::size_t column)>;

/// Of weights that a quantizer made, or that are whole numbers of the type that the file says.
/// `matches`: they stand for -1 and +1, whatever they are. Throws InputError saying why, without names.
Matrix matrix_of(const Constant& weights, std::size_t rows, std::size_t columns, const Place& place,
                 bool matches);

}  // namespace fluence::importing
