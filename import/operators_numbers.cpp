// Operators on each number: arithmetic with constants, quantizers, thresholds.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "import/operators.hpp"

namespace fluence::importing {
namespace {

Values add(const Node&, const Inputs& inputs) {
  return combined(needed(inputs, 0), needed(inputs, 1), std::plus<>());
}
Values subtract(const Node&, const Inputs& inputs) {
  return combined(needed(inputs, 0), needed(inputs, 1), std::minus<>());
}
Values multiply(const Node&, const Inputs& inputs) {
  return combined(needed(inputs, 0), needed(inputs, 1), std::multiplies<>());
}
Values divide(const Node&, const Inputs& inputs) {
  return combined(needed(inputs, 0), needed(inputs, 1), std::divides<>());
}
Values power(const Node&, const Inputs& inputs) {
  return combined(needed(inputs, 0), needed(inputs, 1),
                  [](double a, double b) { return std::pow(a, b); });
}

template <typename Change>
Values changed(const Inputs& inputs, Change change) {
  auto values = needed(inputs, 0);
  for (auto& value : values.values) {
    value = change(value);
  }
  return values;
}

Values square_root(const Node&, const Inputs& inputs) {
  return changed(inputs, [](double value) { return std::sqrt(value); });
}
Values negate(const Node&, const Inputs& inputs) {
  return changed(inputs, [](double value) { return -value; });
}
Values relu(const Node&, const Inputs& inputs) {
  return changed(inputs, [](double value) { return value > 0 ? value : 0; });
}

Values clipped(const Inputs& inputs, double least, double most) {
  return changed(inputs, [=](double value) { return std::min(std::max(value, least), most); });
}

/// From attributes or, in later versions, inputs.
Values clip(const Node& node, const Inputs& inputs) {
  const auto bound = [&](const char* key, std::size_t i, double otherwise) {
    if (inputs.size() > i && inputs[i] != nullptr) {
      if (inputs[i]->values.size() != 1) {
        throw InputError("has bounds that are no single numbers");
      }
      return inputs[i]->values.front();
    }
    return node.real(key, otherwise);
  };
  constexpr auto kAny = std::numeric_limits<double>::infinity();
  return clipped(inputs, bound("min", 1, -kAny), bound("max", 2, kAny));
}

Values hard_tanh(const Node& node, const Inputs& inputs) {
  return clipped(inputs, node.real("min_val", -1), node.real("max_val", 1));
}

/// A number for each channel, on the second axis of a tensor of that many.
Values along_channels(const Values& values, std::size_t rank) {
  Shape shape(std::max<std::size_t>(rank, 2), 1);
  shape[1] = static_cast<std::int64_t>(values.values.size());
  return {shape, values.values};
}

Values batch_normalization(const Node& node, const Inputs& inputs) {
  const auto& values = needed(inputs, 0);
  const auto epsilon = node.real("epsilon", 1e-5);
  const auto parameter = [&](std::size_t i) {
    const auto& given = needed(inputs, i);
    if (values.shape.size() < 2 || (given.values.size() != 1 &&
                                    static_cast<std::int64_t>(given.values.size()) != values.shape[1])) {
      throw InputError("has " + std::to_string(given.values.size()) +
                       " numbers for a tensor of the shape " + text_of(values.shape));
    }
    return along_channels(given, values.shape.size());
  };
  auto deviation = parameter(4);
  for (auto& variance : deviation.values) {
    variance = std::sqrt(variance + epsilon);
  }
  auto result = combined(values, parameter(3), std::minus<>());
  result = combined(result, deviation, std::divides<>());
  result = combined(result, parameter(1), std::multiplies<>());
  return combined(result, parameter(2), std::plus<>());
}

double rounded(double value, const std::string& mode) {
  if (mode == "ROUND" || mode == "HALF_EVEN") {
    return std::nearbyint(value);
  }
  if (mode == "FLOOR") {
    return std::floor(value);
  }
  if (mode == "CEIL") {
    return std::ceil(value);
  }
  if (mode == "ROUND_TO_ZERO" || mode == "DOWN") {
    return std::trunc(value);
  }
  if (mode == "UP") {
    return value < 0 ? std::floor(value) : std::ceil(value);
  }
  if (mode == "HALF_UP") {  // away from zero, as QONNX has it
    return std::round(value);
  }
  if (mode == "HALF_DOWN") {
    return value < 0 ? std::floor(value + 0.5) : std::ceil(value - 0.5);
  }
  throw InputError("rounds by '" + mode + "', which is none of QONNX's modes");
}

/// Clips, then rounds: y = x / scale + zero point.
Values quantize(const Node& node, const Inputs& inputs) {
  const auto& bits = needed(inputs, 3);
  const bool is_signed = node.integer("signed", 1) != 0;
  const bool narrow = node.integer("narrow", 0) != 0;
  auto mode = node.text("rounding_mode", "ROUND");
  std::ranges::transform(mode, mode.begin(), [](char c) {
    return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  });
  const auto width = bits.values.size() == 1 ? bits.values.front() : 0;
  if (!(width >= 1 && width <= kMostQuantizerBits) || width != std::floor(width)) {
    throw InputError("has no bit width of 1 to 32 bits that is one whole number");
  }
  const double half = std::exp2(width - 1);
  const double least = is_signed ? (narrow ? 1 - half : -half) : 0;
  const double most = is_signed ? half - 1 : 2 * half - (narrow ? 2 : 1);
  auto result = combined(needed(inputs, 0), needed(inputs, 1), std::divides<>());
  result = combined(result, needed(inputs, 2), std::plus<>());
  for (auto& value : result.values) {
    value = rounded(std::min(std::max(value, least), most), mode);
  }
  result = combined(result, needed(inputs, 2), std::minus<>());
  return combined(result, needed(inputs, 1), std::multiplies<>());
}

Values quantize_bipolar(const Node&, const Inputs& inputs) {
  return combined(needed(inputs, 0), needed(inputs, 1),
                  [](double value, double scale) { return value >= 0 ? scale : -scale; });
}

/// Counts the thresholds of a channel's row that a number reaches; their order is of no meaning.
Values count_thresholds(const Node& node, const Inputs& inputs) {
  auto values = needed(inputs, 0);
  const auto& thresholds = needed(inputs, 1);
  const auto rank = values.shape.size();
  if (thresholds.shape.size() != 2 || rank < 2) {
    throw InputError("has thresholds of the shape " + text_of(thresholds.shape) +
                     " where one of rows and thresholds is possible");
  }
  const bool last = rank == 2 || node.text("data_layout", "NCHW").ends_with('C');
  const auto axis = last ? rank - 1 : 1;
  const auto channels = static_cast<std::size_t>(values.shape[axis]);
  const auto rows = static_cast<std::size_t>(thresholds.shape[0]);
  const auto count = static_cast<std::size_t>(thresholds.shape[1]);
  if (rows != 1 && rows != channels) {
    throw InputError("has " + std::to_string(rows) + " rows of thresholds for " +
                     std::to_string(channels) + " channels");
  }
  auto sorted = thresholds.values;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto begin = sorted.begin() + static_cast<std::ptrdiff_t>(row * count);
    std::sort(begin, begin + static_cast<std::ptrdiff_t>(count));
  }
  std::size_t inner = 1;
  for (auto i = axis + 1; i < rank; ++i) {
    inner *= static_cast<std::size_t>(values.shape[i]);
  }
  const auto scale = node.real("out_scale", 1);
  const auto bias = node.real("out_bias", 0);
  for (std::size_t i = 0; i < values.values.size(); ++i) {
    const auto row = rows == 1 ? 0 : i / inner % channels;
    const auto begin = sorted.begin() + static_cast<std::ptrdiff_t>(row * count);
    const auto reached =
        std::upper_bound(begin, begin + static_cast<std::ptrdiff_t>(count), values.values[i]) - begin;
    values.values[i] = scale * static_cast<double>(reached) + bias;
  }
  return values;
}

}  // namespace

const Operators& number_operators() {
  static const Operators operators = {{"Add", add},
                                      {"Sub", subtract},
                                      {"Mul", multiply},
                                      {"Div", divide},
                                      {"Pow", power},
                                      {"Sqrt", square_root},
                                      {"Neg", negate},
                                      {"Relu", relu},
                                      {"Clip", clip},
                                      {"HardTanh", hard_tanh},
                                      {"BatchNormalization", batch_normalization},
                                      {"Quant", quantize},
                                      {"IntQuant", quantize},
                                      {"BipolarQuant", quantize_bipolar},
                                      {"MultiThreshold", count_thresholds}};
  return operators;
}

}  // namespace fluence::importing
