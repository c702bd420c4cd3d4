// The clear inference: what the accelerator computes, written as plainly as possible, bit-exact.
//
// Weights and activations are numbers here, one small integer each. It honours any content of the
// parameter memories, faulted ones included; every faster way to compute is tested against it.
#pragma once

#include <cstdint>
#include <vector>

#include "network/images.hpp"
#include "network/parameters.hpp"

namespace fluence {

/// Numbers of one layer's input or output, [pixel][channel], pixels row-major. Activations are -1, 0 or
/// +1 (one-bit activations: -1 or +1), pixels are signed codes, the last layer's output is the scores.
using Tensor = std::vector<std::int16_t>;

/// What flowed between the layers for one image.
struct ReferenceTrace {
  std::vector<Tensor> outputs;  ///< [layer], before the layer's pool
  std::vector<Tensor> pooled;   ///< [layer], after the layer's pool; empty where there is none
};

class ReferenceNetwork {
 public:
  /// Decodes the parameter memories; later changes of `parameters` have no effect. Throws like
  /// `require_computable`.
  explicit ReferenceNetwork(const Parameters& parameters);

  /// All scores of one image of the network's shape. Fills `trace` if there is one.
  Scores run(const Image& image, ReferenceTrace* trace = nullptr) const;

 private:
  struct Matrix {
    std::vector<std::int8_t> weights;      ///< [row][column], -2 .. +1
    std::vector<std::int32_t> thresholds;  ///< [row][thresh]
  };
  [[nodiscard]] Tensor run_layer(const Layer& layer, const Tensor& in) const;

  const Topology* net_;
  std::vector<Matrix> matrices_;  ///< [layer]
};

}  // namespace fluence
