#include "network/reference.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <utility>

#include "base/bits.hpp"

namespace fluence {
namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

/// Input columns of one output pixel: q = (ky*3 + kx)*C_in + c.
Tensor window(const Layer& layer, const Tensor& in, int y, int x) {
  Tensor columns;
  columns.reserve(index(layer.matrix_width()));
  for (int ky = 0; ky < layer.kernel(); ++ky) {
    for (int kx = 0; kx < layer.kernel(); ++kx) {
      const auto pixel = in.begin() + ((y + ky) * layer.in_dim + x + kx) * layer.in_channels;
      columns.insert(columns.end(), pixel, pixel + layer.in_channels);
    }
  }
  return columns;
}

std::int32_t accumulate(const Layer& layer, const std::int8_t* weights, const Tensor& columns) {
  std::int32_t sum = 0;
  if (layer.xnor) {
    for (std::size_t q = 0; q < columns.size(); ++q) {
      sum += weights[q] == columns[q] ? 1 : 0;
    }
  } else {
    for (std::size_t q = 0; q < columns.size(); ++q) {
      sum += weights[q] * columns[q];
    }
  }
  return sign_extend(static_cast<std::uint32_t>(sum * (1 << layer.accumulator_shift())),
                     layer.accumulator_bits);
}

Tensor max_pool(const Layer& layer, const Tensor& in) {
  const int dim = layer.out_dim / 2;
  Tensor out;
  for (int y = 0; y < dim; ++y) {
    for (int x = 0; x < dim; ++x) {
      for (int c = 0; c < layer.out_channels; ++c) {
        const auto at = [&](int dy, int dx) {
          return in[index(((2 * y + dy) * layer.out_dim + 2 * x + dx) * layer.out_channels + c)];
        };
        out.push_back(std::max({at(0, 0), at(0, 1), at(1, 0), at(1, 1)}));
      }
    }
  }
  return out;
}

}  // namespace

ReferenceNetwork::ReferenceNetwork(const Parameters& parameters) : net_(parameters.net) {
  require_computable(*net_);
  for (const auto& layer : net_->layers) {
    Matrix matrix;
    for (int row = 0; row < layer.matrix_height(); ++row) {
      for (const int weight : parameters.row_weights(layer.index, row)) {
        matrix.weights.push_back(static_cast<std::int8_t>(weight));
      }
      for (int t = 0; t < layer.thresholds; ++t) {
        matrix.thresholds.push_back(parameters.row_threshold(layer.index, row, t));
      }
    }
    matrices_.push_back(std::move(matrix));
  }
}

Tensor ReferenceNetwork::run_layer(const Layer& layer, const Tensor& in) const {
  const auto& matrix = matrices_[index(layer.index)];
  Tensor out;
  for (int y = 0; y < layer.out_dim; ++y) {
    for (int x = 0; x < layer.out_dim; ++x) {
      const auto columns = window(layer, in, y, x);
      for (int row = 0; row < layer.matrix_height(); ++row) {
        const auto accumulator =
            accumulate(layer, matrix.weights.data() + row * layer.matrix_width(), columns);
        if (layer.thresholds == 0) {
          out.push_back(static_cast<std::int16_t>(accumulator));
          continue;
        }
        int passed = 0;
        for (int t = 0; t < layer.thresholds; ++t) {
          passed += matrix.thresholds[index(row * layer.thresholds + t)] < accumulator ? 1 : 0;
        }
        // One threshold: bit 0 means -1, bit 1 means +1. Two: 0, 1 or 2 passed mean -1, 0, +1.
        const int value = layer.thresholds == 1 ? 2 * passed - 1 : passed - 1;
        out.push_back(static_cast<std::int16_t>(value));
      }
    }
  }
  return out;
}

Scores ReferenceNetwork::run(const Image& image, ReferenceTrace* trace) const {
  assert(image.shape == net_->image());
  const auto codes = image.codes();
  Tensor tensor(codes.begin(), codes.end());
  if (trace != nullptr) {
    *trace = {};
  }
  for (const auto& layer : net_->layers) {
    tensor = run_layer(layer, tensor);
    if (trace != nullptr) {
      trace->outputs.push_back(tensor);
    }
    if (layer.pool) {
      tensor = max_pool(layer, tensor);
    }
    if (trace != nullptr) {
      trace->pooled.push_back(layer.pool ? tensor : Tensor{});
    }
  }
  return tensor;
}

}  // namespace fluence
