// One layer's arithmetic on one image, in numbers: what every fault in its parameters is held against.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "network/parameters.hpp"
#include "network/trace_layout.hpp"

namespace fluence {

/// For all formats: an accumulator is sum(weight * input) + offset, times a power of two, wrapped to its
/// width. Where bits are compared, the weight is its bit, the input -1 or +1, and the offset the
/// number of inputs that are -1.
class LayerValues {
 public:
  /// The network must outlive the object; later changes of `parameters` have no effect.
  LayerValues(const Parameters& parameters, const TraceLayout& layout, int layer);

  /// Takes the layer's input from an image's trace.
  void load(std::span<const std::uint64_t> trace);

  [[nodiscard]] const Layer& layer() const { return *layer_; }
  /// The number that a weight's code stands for.
  [[nodiscard]] int weight(unsigned code) const;
  [[nodiscard]] unsigned weight_code(int neuron, int column) const {
    return codes_[static_cast<std::size_t>(neuron * layer_->matrix_width() + column)];
  }
  /// A neuron's sum for an output pixel, before scaling and wrapping.
  [[nodiscard]] std::int32_t sum(int neuron, int pixel) const {
    return sums_[static_cast<std::size_t>(neuron * layer_->out_pixels() + pixel)];
  }
  /// Content of the accumulator for a sum.
  [[nodiscard]] std::int32_t accumulator(std::int32_t sum) const;
  /// The input that a pixel's window has in a column, as `window(pixel)[offset(column)]`.
  [[nodiscard]] const std::int16_t* window(int pixel) const {
    return &inputs_[corners_[static_cast<std::size_t>(pixel)]];
  }
  [[nodiscard]] std::size_t offset(int column) const {
    return offsets_[static_cast<std::size_t>(column)];
  }
  /// No input is greater, nor less than its negative.
  [[nodiscard]] int most_input() const;

 private:
  /// The number of the input's value `i`, [pixel][channel].
  [[nodiscard]] std::int16_t input(const std::uint64_t* in, std::size_t i) const;

  const Layer* layer_;
  TraceTensor input_;
  std::vector<std::uint8_t> codes_;    ///< of weights, [neuron][column]
  std::vector<std::int16_t> weights_;  ///< likewise
  std::vector<std::size_t> offsets_;   ///< [column]
  std::vector<std::size_t> corners_;   ///< [output pixel] where its window begins in `inputs_`
  std::vector<std::int16_t> inputs_;   ///< [pixel, with those of the padding][channel]
  std::vector<std::int32_t> sums_;     ///< [neuron][output pixel]
};

}  // namespace fluence
