#include "network/reference.hpp"

#include <cassert>
#include <cstddef>
#include <span>
#include <utility>

#include "base/bits.hpp"

namespace fluence {
namespace {

/// One row of [row][element].
template <typename Element>
std::span<const Element> row_of(const std::vector<Element>& all, int row, int length) {
  return std::span(all).subspan(index(row) * index(length), index(length));
}

}  // namespace

ReferenceNetwork::ReferenceNetwork(const Parameters& parameters)
    : net_(parameters.net), input_thresholds_(parameters.input_thresholds) {
  require_computable(*net_);
  for (const auto& layer : net_->layers) {
    Matrix matrix;
    for (int row = 0; row < layer.matrix_height(); ++row) {
      for (const int weight : parameters.row_weights(layer.index, row)) {
        matrix.weights.push_back(static_cast<std::int16_t>(weight));
      }
      for (int t = 0; t < layer.thresholds; ++t) {
        matrix.thresholds.push_back(parameters.row_threshold(layer.index, row, t));
      }
    }
    matrices_.push_back(std::move(matrix));
  }
}

Tensor ReferenceNetwork::run_layer(const Layer& layer, const Tensor& in) const {
  const Operation operation(layer);
  const auto& matrix = matrices_[index(layer.index)];
  Tensor out;
  std::vector<std::int16_t> columns;
  for (int pixel = 0; pixel < layer.out_pixels(); ++pixel) {
    operation.columns(in, pixel, columns);
    for (int row = 0; row < layer.matrix_height(); ++row) {
      const auto accumulator =
          operation.accumulator(row_of(matrix.weights, row, layer.matrix_width()), columns);
      out.push_back(operation.output(accumulator, row_of(matrix.thresholds, row, layer.thresholds)));
    }
  }
  return out;
}

Scores ReferenceNetwork::run(const Image& image, ReferenceTrace* trace) const {
  assert(image.shape == net_->image());
  auto tensor = quantized_image(image, *net_, input_thresholds_);
  if (trace != nullptr) {
    *trace = {tensor, {}, {}};
  }
  for (const auto& layer : net_->layers) {
    tensor = run_layer(layer, tensor);
    if (trace != nullptr) {
      trace->outputs.push_back(tensor);
    }
    if (layer.pool) {
      tensor = Operation(layer).pool(tensor);
    }
    if (trace != nullptr) {
      trace->pooled.push_back(layer.pool ? tensor : Tensor{});
    }
  }
  return {tensor.begin(), tensor.end()};
}

}  // namespace fluence
