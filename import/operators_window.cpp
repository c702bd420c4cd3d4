// Operators that add up products, and those on windows of a map.
#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "import/operators.hpp"

namespace fluence::importing {
namespace {

/// Products of one image are at most so many.
constexpr std::int64_t kMostProducts = std::int64_t{1} << 34;

/// A map and how its numbers lie: of a pixel's channel, at y * step_y + x * step_x + channel *
/// step_channel.
struct Map {
  std::int64_t rows = 1, columns = 1, channels = 1;
  std::size_t step_y = 0, step_x = 0, step_channel = 0;
};

Map map_of(const Values& values, bool channels_last) {
  const auto& shape = values.shape;
  if (shape.size() != 4 || shape[0] != 1) {
    throw InputError("takes a tensor of the shape " + text_of(shape) +
                     " where a map of one image is possible");
  }
  const auto size = [](std::int64_t side) { return static_cast<std::size_t>(side); };
  if (channels_last) {
    return {shape[1], shape[2], shape[3], size(shape[2] * shape[3]), size(shape[3]), 1};
  }
  return {shape[2], shape[3], shape[1], size(shape[3]), 1, size(shape[2] * shape[3])};
}

/// Calls visit(output pixel, tap, where the pixel's first channel is) for every tap inside of the map.
template <typename Visit>
void visit_taps(const Map& map, const Window& window, Visit visit) {
  const int rows = window.rows_of(static_cast<int>(map.rows));
  const int columns = window.columns_of(static_cast<int>(map.columns));
  std::size_t pixel = 0;
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x, ++pixel) {
      for (int tap = 0; tap < window.taps(); ++tap) {
        const int in_y = y * window.stride_y - window.top + tap / window.width;
        const int in_x = x * window.stride_x - window.left + tap % window.width;
        if (in_y >= 0 && in_x >= 0 && in_y < map.rows && in_x < map.columns) {
          visit(
              pixel, static_cast<std::size_t>(tap),
              static_cast<std::size_t>(in_y) * map.step_y + static_cast<std::size_t>(in_x) * map.step_x);
        }
      }
    }
  }
}

Shape out_shape(const Map& map, const Window& window, std::int64_t channels, bool channels_last) {
  const std::int64_t rows = window.rows_of(static_cast<int>(map.rows));
  const std::int64_t columns = window.columns_of(static_cast<int>(map.columns));
  return channels_last ? Shape{1, rows, columns, channels} : Shape{1, channels, rows, columns};
}

Values pool(const Node& node, const Inputs& inputs, bool channels_last) {
  const auto& values = needed(inputs, 0);
  const auto map = map_of(values, channels_last);
  const auto window = window_of(node, map.rows, map.columns, node.integers("kernel_shape"));
  auto result = filled(out_shape(map, window, map.channels, channels_last),
                       -std::numeric_limits<double>::infinity());
  const auto out = map_of(result, channels_last);
  const auto channels = static_cast<std::size_t>(map.channels);
  visit_taps(map, window, [&](std::size_t pixel, std::size_t, std::size_t from) {
    for (std::size_t channel = 0; channel < channels; ++channel) {
      auto& most = result.values[pixel * out.step_x + channel * out.step_channel];
      most = std::max(most, values.values[from + channel * map.step_channel]);
    }
  });
  return result;
}

Values max_pool(const Node& node, const Inputs& inputs) { return pool(node, inputs, false); }
Values max_pool_last(const Node& node, const Inputs& inputs) { return pool(node, inputs, true); }

Values im2col(const Node& node, const Inputs& inputs) {
  const auto& values = needed(inputs, 0);
  const auto map = map_of(values, true);
  const auto window = window_of(node, map.rows, map.columns, node.integers("kernel_size"));
  const auto columns = static_cast<std::int64_t>(window.taps()) * map.channels;
  auto result = filled(out_shape(map, window, columns, true), 0);
  const auto channels = static_cast<std::size_t>(map.channels);
  visit_taps(map, window, [&](std::size_t pixel, std::size_t tap, std::size_t from) {
    std::copy_n(values.values.begin() + static_cast<std::ptrdiff_t>(from), channels,
                result.values.begin() + static_cast<std::ptrdiff_t>(
                                            pixel * static_cast<std::size_t>(columns) + tap * channels));
  });
  return result;
}

Values pad(const Node& node, const Inputs& inputs) {
  const auto& values = needed(inputs, 0);
  const auto map = map_of(values, true);
  const auto pads = node.integers("pad_amount");
  if (pads.size() != 4 ||
      std::ranges::any_of(pads, [](auto side) { return side < 0 || side > 65'536; })) {
    throw InputError("has padding of " + text_of(pads) + " where four numbers from 0 on are possible");
  }
  auto result =
      filled({1, map.rows + pads[0] + pads[2], map.columns + pads[1] + pads[3], map.channels}, 0);
  const auto out = map_of(result, true);
  for (std::int64_t y = 0; y < map.rows; ++y) {
    std::copy_n(
        values.values.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(y) * map.step_y),
        map.step_y,
        result.values.begin() +
            static_cast<std::ptrdiff_t>(static_cast<std::size_t>(y + pads[0]) * out.step_y +
                                        static_cast<std::size_t>(pads[1]) * out.step_x));
  }
  return result;
}

/// rows x inner times inner x columns.
std::vector<double> product(const std::vector<double>& a, const std::vector<double>& b, std::size_t rows,
                            std::size_t inner, std::size_t columns) {
  if (static_cast<double>(rows) * static_cast<double>(inner) * static_cast<double>(columns) >
      static_cast<double>(kMostProducts)) {
    throw InputError("multiplies more than 2^34 numbers for an image");
  }
  std::vector<double> result(rows * columns);
  for (std::size_t row = 0; row < rows; ++row) {
    double* sums = result.data() + row * columns;
    for (std::size_t i = 0; i < inner; ++i) {
      const double factor = a[row * inner + i];
      const double* other = b.data() + i * columns;
      for (std::size_t column = 0; column < columns; ++column) {
        sums[column] += factor * other[column];
      }
    }
  }
  return result;
}

Values matrix_product(const Node&, const Inputs& inputs) {
  const auto& a = needed(inputs, 0);
  const auto& b = needed(inputs, 1);
  if (a.shape.empty() || b.shape.size() != 2 || a.shape.back() != b.shape[0]) {
    throw InputError("multiplies tensors of the shapes " + text_of(a.shape) + " and " +
                     text_of(b.shape) + ", which do not go together");
  }
  const auto inner = static_cast<std::size_t>(b.shape[0]);
  auto shape = a.shape;
  shape.back() = b.shape[1];
  static_cast<void>(size_of(shape));
  return {shape, product(a.values, b.values, a.values.size() / inner, inner,
                         static_cast<std::size_t>(b.shape[1]))};
}

/// FINN's: the number of equal bits, whether they stand for 0 and 1 or for -1 and +1.
Values count_matches(const Node& node, const Inputs& inputs) {
  auto a = needed(inputs, 0);
  auto b = needed(inputs, 1);
  for (auto* values : {&a, &b}) {
    for (auto& value : values->values) {
      value = value > 0 ? 1 : -1;
    }
  }
  auto result = matrix_product(node, {&a, &b});
  const auto columns = static_cast<double>(b.shape[0]);
  for (auto& value : result.values) {
    value = (value + columns) / 2;
  }
  return result;
}

Values general_product(const Node& node, const Inputs& inputs) {
  if (node.integer("transA", 0) != 0) {
    throw InputError("transposes its data");
  }
  const auto& weights = needed(inputs, 1);
  const auto turned = node.integer("transB", 0) != 0 ? transposed(weights, {1, 0}) : weights;
  auto result = matrix_product(node, {&needed(inputs, 0), &turned});
  const auto alpha = node.real("alpha", 1);
  for (auto& value : result.values) {
    value *= alpha;
  }
  if (inputs.size() > 2 && inputs[2] != nullptr) {
    const auto beta = node.real("beta", 1);
    result = combined(result, *inputs[2], [=](double a, double b) { return a + beta * b; });
  }
  return result;
}

Values convolve(const Node& node, const Inputs& inputs) {
  const auto& values = needed(inputs, 0);
  const auto& weights = needed(inputs, 1);
  const auto map = map_of(values, false);
  if (weights.shape.size() != 4 || weights.shape[1] != map.channels) {
    throw InputError("has weights of the shape " + text_of(weights.shape) + " for " +
                     std::to_string(map.channels) + " channels");
  }
  const auto window = window_of(node, map.rows, map.columns, {weights.shape[2], weights.shape[3]});
  auto shape = out_shape(map, window, weights.shape[0], false);
  const auto pixels = static_cast<std::size_t>(shape[2] * shape[3]);
  const auto taps = static_cast<std::size_t>(window.taps());
  const auto inner = taps * static_cast<std::size_t>(map.channels);
  auto columns = filled({static_cast<std::int64_t>(inner), static_cast<std::int64_t>(pixels)}, 0);
  visit_taps(map, window, [&](std::size_t pixel, std::size_t tap, std::size_t from) {
    for (std::size_t channel = 0; channel < static_cast<std::size_t>(map.channels); ++channel) {
      columns.values[(channel * taps + tap) * pixels + pixel] =
          values.values[from + channel * map.step_channel];
    }
  });
  Values result{shape, product(weights.values, columns.values,
                               static_cast<std::size_t>(weights.shape[0]), inner, pixels)};
  static_cast<void>(size_of(shape));
  if (inputs.size() > 2 && inputs[2] != nullptr) {
    const auto& bias = *inputs[2];
    result = combined(result, reshaped(bias, {static_cast<std::int64_t>(bias.values.size()), 1, 1}),
                      std::plus<>());
  }
  return result;
}

}  // namespace

const Operators& window_operators() {
  static const Operators operators = {{"MatMul", matrix_product}, {"PopcountMatMul", count_matches},
                                      {"Gemm", general_product},  {"Conv", convolve},
                                      {"Im2Col", im2col},         {"PadNHWC", pad},
                                      {"MaxPool", max_pool},      {"MaxPoolNHWC", max_pool_last}};
  return operators;
}

}  // namespace fluence::importing
