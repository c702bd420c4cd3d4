#include "map/layer_values.hpp"

#include <cstddef>

#include "base/bits.hpp"

namespace fluence {
namespace {

constexpr int kPixelOffset = 0x80;  // a trace holds code + 128

}  // namespace

LayerValues::LayerValues(const Parameters& parameters, const TraceLayout& layout, int layer)
    : layer_(&parameters.net->layer(layer)),
      input_(layout.input(layer)),
      sums_(index(layer_->out_channels * layer_->out_pixels())) {
  const auto& window = layer_->window;
  const int channels = layer_->in_channels;
  const int rows = window.top + layer_->in_height + window.bottom;
  const int width = window.left + layer_->in_dim + window.right;
  inputs_.resize(index(rows * width * channels));
  const int columns = layer_->matrix_width();
  for (int neuron = 0; neuron < layer_->out_channels; ++neuron) {
    for (int column = 0; column < columns; ++column) {
      codes_.push_back(static_cast<std::uint8_t>(parameters.weight_code(layer, neuron, column)));
      weights_.push_back(static_cast<std::int16_t>(weight(codes_.back())));
    }
  }
  for (int column = 0; column < columns; ++column) {
    const int tap = column / channels;
    const int pixel = tap / window.width * width + tap % window.width;
    offsets_.push_back(index(pixel * channels + column % channels));
  }
  for (int pixel = 0; pixel < layer_->out_pixels(); ++pixel) {
    const int y = pixel / layer_->out_dim * window.stride_y;
    const int x = pixel % layer_->out_dim * window.stride_x;
    corners_.push_back(index((y * width + x) * channels));
  }
}

int LayerValues::weight(unsigned code) const {
  return layer_->xnor ? static_cast<int>(code) : layer_->weight_format().number(code);
}

std::int32_t LayerValues::accumulator(std::int32_t sum) const {
  return sign_extend(static_cast<std::uint32_t>(sum) << layer_->accumulator_shift(),
                     layer_->accumulator_bits);
}

int LayerValues::most_input() const {
  return layer_->takes_pixels() ? kPixelOffset : layer_->in_format().magnitude();
}

std::int16_t LayerValues::input(const std::uint64_t* in, std::size_t i) const {
  if (layer_->takes_pixels()) {
    return static_cast<std::int16_t>(reinterpret_cast<const std::uint8_t*>(in)[i] - kPixelOffset);
  }
  const auto* planes = in + input_.word_of(i);
  std::uint32_t code = 0;
  for (std::size_t plane = 0; plane < input_.planes; ++plane) {
    code |= static_cast<std::uint32_t>(planes[plane] >> (i % kWordBits) & 1) << plane;
  }
  return static_cast<std::int16_t>(layer_->in_format().number(code));
}

void LayerValues::load(std::span<const std::uint64_t> trace) {
  const auto* in = trace.data() + input_.offset;
  const auto& padding = layer_->window;
  const auto row_values = index(layer_->in_dim * layer_->in_channels);
  const auto width = index((padding.left + layer_->in_dim + padding.right) * layer_->in_channels);
  for (std::size_t y = 0; y < index(layer_->in_height); ++y) {
    auto* to = &inputs_[(index(padding.top) + y) * width + index(padding.left * layer_->in_channels)];
    for (std::size_t i = 0; i < row_values; ++i) {
      to[i] = input(in, y * row_values + i);
    }
  }
  const auto columns = index(layer_->matrix_width());
  std::vector<std::int16_t> row(columns);
  for (int pixel = 0; pixel < layer_->out_pixels(); ++pixel) {
    const auto* from = window(pixel);
    std::int32_t offset = 0;
    for (std::size_t i = 0; i < columns; ++i) {
      row[i] = from[offsets_[i]];
      offset += layer_->xnor && row[i] < 0 ? 1 : 0;
    }
    for (int neuron = 0; neuron < layer_->out_channels; ++neuron) {
      const auto* weights = &weights_[index(neuron) * columns];
      std::int32_t sum = 0;
      for (std::size_t i = 0; i < columns; ++i) {
        sum += weights[i] * row[i];
      }
      sums_[index(neuron * layer_->out_pixels() + pixel)] = sum + offset;
    }
  }
}

}  // namespace fluence
