#include "network/operation.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "base/bits.hpp"

namespace fluence {
namespace {

// Windows, side by side every `stride`, that have place `at` of a padded side, of so many windows.
std::pair<int, int> windows_with(int at, int side, int stride, int count) {
  const int first = at < side ? 0 : (at - side) / stride + 1;
  return {first, std::min(count, at / stride + 1)};
}

}  // namespace

PixelRange touched(const Window& window, int y, int x, int rows, int columns) {
  const auto [y_first, y_end] = windows_with(y + window.top, window.height, window.stride_y, rows);
  const auto [x_first, x_end] = windows_with(x + window.left, window.width, window.stride_x, columns);
  return {y_first, y_end, x_first, x_end};
}

int quantized(std::int32_t value, std::span<const std::int32_t> thresholds, int least, int step) {
  int passed = 0;
  for (const auto threshold : thresholds) {
    passed += threshold < value ? 1 : 0;
  }
  return least + step * passed;
}

Tensor quantized_image(const Image& image, const Topology& net,
                       std::span<const std::int32_t> thresholds) {
  const auto numbers = image.numbers();
  Tensor input(numbers.begin(), numbers.end());
  if (net.input.thresholds > 0) {
    const auto& first = net.layers.front();
    const auto count = index(net.input.thresholds);
    for (std::size_t i = 0; i < input.size(); ++i) {
      const auto row = i % index(first.in_channels) % index(net.input_rows());
      input[i] = quantized(input[i], thresholds.subspan(row * count, count), first.in_least,
                           first.in_format().step());
    }
  }
  return input;
}

ImageSet stored_images(const ImageSet& images, const Parameters& parameters) {
  const auto& net = *parameters.net;
  if (net.input.thresholds == 0) {
    return images;
  }
  const auto shape = net.stored_image();
  const auto channels = index(shape.channels);
  std::vector<Image> stored;
  for (int i = 0; i < images.size(); ++i) {
    auto& image = stored.emplace_back(shape);
    image.label = images[i].label;
    const auto numbers = quantized_image(images[i], net, parameters.input_thresholds);
    for (std::size_t k = 0; k < numbers.size(); ++k) {
      image.planes[k % channels * index(shape.pixels()) + k / channels] =
          static_cast<std::uint8_t>(shape.numbers.code(numbers[k]));
    }
  }
  return ImageSet(std::move(stored));
}

void Operation::columns(std::span<const std::int32_t> in, int pixel,
                        std::vector<std::int16_t>& columns) const {
  const auto& l = *layer_;
  const auto& window = l.window;
  columns.assign(index(l.matrix_width()), 0);
  const int top = pixel / l.out_dim * window.stride_y - window.top;
  const int left = pixel % l.out_dim * window.stride_x - window.left;
  auto column = columns.begin();
  for (int y = top; y < top + window.height; ++y) {
    for (int x = left; x < left + window.width; ++x, column += l.in_channels) {
      if (y >= 0 && y < l.in_height && x >= 0 && x < l.in_dim) {
        const auto from = in.begin() + (y * l.in_dim + x) * l.in_channels;
        std::transform(from, from + l.in_channels, column,
                       [](std::int32_t number) { return static_cast<std::int16_t>(number); });
      }
    }
  }
}

std::int32_t Operation::accumulator(std::span<const std::int16_t> weights,
                                    std::span<const std::int16_t> columns) const {
  std::int32_t sum = 0;
  if (layer_->xnor) {
    for (std::size_t q = 0; q < columns.size(); ++q) {
      sum += weights[q] == columns[q] ? 1 : 0;
    }
  } else {
    for (std::size_t q = 0; q < columns.size(); ++q) {
      sum += weights[q] * columns[q];
    }
  }
  return sign_extend(static_cast<std::uint32_t>(sum) << layer_->accumulator_shift(),
                     layer_->accumulator_bits);
}

std::int32_t Operation::output(std::int32_t accumulator,
                               std::span<const std::int32_t> thresholds) const {
  return layer_->thresholds == 0
             ? accumulator
             : quantized(accumulator, thresholds, layer_->out_least, layer_->out_format().step());
}

Tensor Operation::pool(std::span<const std::int32_t> in) const {
  const auto& l = *layer_;
  const auto& window = l.pool_window;
  Tensor out;
  for (int y = 0; y < l.next_height(); ++y) {
    for (int x = 0; x < l.next_dim(); ++x) {
      const int top = y * window.stride_y - window.top;
      const int left = x * window.stride_x - window.left;
      for (int c = 0; c < l.out_channels; ++c) {
        auto most = std::numeric_limits<std::int32_t>::min();
        for (int row = std::max(top, 0); row < std::min(top + window.height, l.out_height); ++row) {
          for (int column = std::max(left, 0); column < std::min(left + window.width, l.out_dim);
               ++column) {
            most = std::max(most, in[index((row * l.out_dim + column) * l.out_channels + c)]);
          }
        }
        out.push_back(most);
      }
    }
  }
  return out;
}

PixelRange Operation::touched_outputs(int pixel) const {
  const auto& l = *layer_;
  return touched(l.window, pixel / l.in_dim, pixel % l.in_dim, l.out_height, l.out_dim);
}

PixelRange Operation::touched_maxima(int pixel) const {
  const auto& l = *layer_;
  return touched(l.pool_window, pixel / l.out_dim, pixel % l.out_dim, l.next_height(), l.next_dim());
}

}  // namespace fluence
