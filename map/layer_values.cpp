#include "map/layer_values.hpp"

#include <cstddef>

#include "base/bits.hpp"

namespace fluence {
namespace {

constexpr int kPixelOffset = 0x80;  // a trace holds code + 128

}  // namespace

LayerValues::LayerValues(const Parameters& parameters, const TraceLayout& layout, int layer)
    : parameters_(&parameters),
      layer_(&parameters.net->layer(layer)),
      input_(layout.input(layer)),
      inputs_(index(layer_->in_dim * layer_->in_dim * layer_->in_channels)),
      sums_(index(layer_->out_channels * layer_->out_pixels())) {
  const int columns = layer_->matrix_width();
  weights_.reserve(index(layer_->out_channels * columns));
  for (int neuron = 0; neuron < layer_->out_channels; ++neuron) {
    for (int column = 0; column < columns; ++column) {
      weights_.push_back(static_cast<std::int16_t>(weight(weight_code(neuron, column))));
    }
  }
  for (int column = 0; column < columns; ++column) {
    const int tap = column / layer_->in_channels;
    const int pixel = tap / layer_->kernel() * layer_->in_dim + tap % layer_->kernel();
    offsets_.push_back(index(pixel * layer_->in_channels + column % layer_->in_channels));
  }
}

int LayerValues::weight(unsigned code) const {
  if (layer_->xnor) {
    return static_cast<int>(code);
  }
  return layer_->weight_bits == 1 ? 2 * static_cast<int>(code) - 1
                                  : static_cast<int>(code) - (code >= 2 ? 4 : 0);
}

unsigned LayerValues::weight_code(int neuron, int column) const {
  const auto word =
      parameters_->weight(layer_->index, neuron % layer_->pe,
                          neuron / layer_->pe * layer_->synapse_folds() + column / layer_->simd);
  return static_cast<unsigned>(word >> (column % layer_->simd * layer_->weight_bits) &
                               low_bits(layer_->weight_bits));
}

std::int32_t LayerValues::accumulator(std::int32_t sum) const {
  return sign_extend(static_cast<std::uint32_t>(sum) << layer_->accumulator_shift(),
                     layer_->accumulator_bits);
}

const std::int16_t* LayerValues::window(int pixel) const {
  const int corner = pixel / layer_->out_dim * layer_->in_dim + pixel % layer_->out_dim;
  return &inputs_[index(corner * layer_->in_channels)];
}

int LayerValues::most_input() const { return layer_->takes_pixels() ? kPixelOffset : 1; }

void LayerValues::load_pixels(const std::uint64_t* in) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(in);
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    inputs_[i] = static_cast<std::int16_t>(bytes[i] - kPixelOffset);
  }
}

void LayerValues::load_activations(const std::uint64_t* in) {
  const int bits = layer_->in_bits;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const auto* planes = in + input_.word_of(i);
    const int first = static_cast<int>(planes[0] >> (i % kWordBits) & 1);
    // One bit: 0 is -1. Two: not zero, negative.
    const int second = bits == 1 ? 1 - first : static_cast<int>(planes[1] >> (i % kWordBits) & 1);
    inputs_[i] = static_cast<std::int16_t>(bits == 1 ? first - second : first - 2 * second);
  }
}

void LayerValues::load(std::span<const std::uint64_t> trace) {
  const auto* in = trace.data() + input_.offset;
  if (layer_->takes_pixels()) {
    load_pixels(in);
  } else {
    load_activations(in);
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
