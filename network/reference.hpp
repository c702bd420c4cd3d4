// The clear inference: what the accelerator computes, written as plainly as possible, bit-exact.
//
// Weights and activations are numbers here, one small integer each. It honours any content of the
// parameter memories, faulted ones included; every faster way to compute is tested against it.
#pragma once

#include <cstdint>
#include <vector>

#include "network/images.hpp"
#include "network/operation.hpp"
#include "network/parameters.hpp"

namespace fluence {

/// What flowed between the layers for one image.
struct ReferenceTrace {
  Tensor input;                 ///< what layer 0 took
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
    std::vector<std::int16_t> weights;     ///< [row][column]
    std::vector<std::int32_t> thresholds;  ///< [row][thresh]
  };
  [[nodiscard]] Tensor run_layer(const Layer& layer, const Tensor& in) const;

  const Topology* net_;
  std::vector<std::int32_t> input_thresholds_;  ///< [row][thresh]
  std::vector<Matrix> matrices_;                ///< [layer]
};

}  // namespace fluence
