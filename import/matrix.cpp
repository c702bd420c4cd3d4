#include "import/matrix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace fluence::importing {
namespace {

constexpr int kMostWeightBits = 8;

bool holds(const NumberFormat& format, double value) {
  return value >= format.least() && value <= format.most() && (format.step() == 1 || value != 0);
}

/// The weights' type, where the file says one that a weight can have.
NumberFormat format_of_weights(const Constant& weights, const std::vector<double>& values) {
  if (const auto said = format_of(weights.datatype); said && said->bits <= kMostWeightBits) {
    const auto other = std::ranges::find_if_not(values, [&](double v) { return holds(*said, v); });
    if (other != values.end()) {
      throw InputError(fmt::format("has the weight {} that does not fit its annotated type {}", *other,
                                   weights.datatype));
    }
    // Weights always have a sign.
    return said->is_unsigned ? NumberFormat{said->bits + 1} : *said;
  }
  if (std::ranges::all_of(values, [](double v) { return v == 1 || v == -1; })) {
    return {1};
  }
  const auto [least, most] = std::ranges::minmax(values);
  return format_for(static_cast<std::int64_t>(least), static_cast<std::int64_t>(most), true);
}

}  // namespace

Matrix matrix_of(const Constant& weights, std::size_t rows, std::size_t columns, const Place& place,
                 bool matches) {
  const auto& multiples = weights.multiples;
  const auto& numbers = multiples ? multiples->integers.values : weights.values.values;
  std::vector<double> used;
  Matrix matrix;
  for (std::size_t row = 0; row < rows; ++row) {
    auto& out = matrix.weights.emplace_back();
    matrix.scales.push_back(multiples && !matches ? multiples->scales.values.at(place(row, 0)) : 1);
    for (std::size_t column = 0; column < columns; ++column) {
      const auto at = place(row, column);
      auto number = matches ? (numbers.at(at) > 0 ? 1.0 : -1.0) : numbers.at(at);
      if (number != std::nearbyint(number) || std::abs(number) > 65'536) {
        throw InputError("has weights that are not whole numbers and have no scale");
      }
      if (multiples && !matches && multiples->scales.values.at(at) != matrix.scales.back()) {
        throw InputError(
            "has weights whose scale differs within a row: use one for all or for each row");
      }
      used.push_back(number);
      out.push_back(static_cast<int>(number));
    }
    if (!std::isfinite(matrix.scales.back()) || matrix.scales.back() == 0) {
      throw InputError("has weights with a scale that is no number other than 0");
    }
  }
  const auto by_numbers = [&] {
    const auto [least, most] = std::ranges::minmax(used);
    return format_for(static_cast<std::int64_t>(least), static_cast<std::int64_t>(most), true);
  };
  matrix.format = matches     ? NumberFormat{1}
                  : multiples ? multiples->format
                              : format_of_weights(weights, used);
  const auto require_bits = [&] {
    if (matrix.format.bits > kMostWeightBits) {
      throw InputError(
          fmt::format("has weights of {} bits: use at most {}", matrix.format.bits, kMostWeightBits));
    }
  };
  require_bits();
  // Weights always have a sign; a zero point may have moved them.
  if (matrix.format.is_unsigned ||
      !std::ranges::all_of(used, [&](double v) { return holds(matrix.format, v); })) {
    matrix.format = by_numbers();
    require_bits();
  }
  return matrix;
}

}  // namespace fluence::importing
