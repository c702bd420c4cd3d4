// Inference of a faulted network as a difference to the fault-free one.
//
// Where neither a window's input nor a neuron's parameters differ, the fault-free output is right. So
// each layer recomputes the changed neurons everywhere and all neurons in the windows whose input
// changed, and compares: where the outputs are equal again, nothing further on is computed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fault/pixel_set.hpp"
#include "network/packed.hpp"

namespace fluence {

class IncrementalInference {
 public:
  explicit IncrementalInference(const TraceLayout& layout) : work_(layout.words()) {}

  /// Scores of one image by `net`. `golden` is the image's complete trace by a network that differs
  /// from `net` at most in the neuron groups `changed` [layer], bit g for channels 8g .. 8g+7.
  Scores run(const PackedNetwork& net, std::span<const std::uint64_t> golden,
             std::span<const std::uint64_t> changed);

 private:
  /// Copies the tensor's golden content, lets `compute` replace the pixels of `suspects`, and returns
  /// those that differ from golden then.
  template <typename Compute>
  PixelSet replace(const TraceTensor& tensor, int dim, const PixelSet& suspects,
                   std::span<const std::uint64_t> golden, Compute compute);

  std::vector<std::uint64_t> work_;  ///< a trace; valid only in tensors that differ from golden
  std::vector<std::uint16_t> list_;
};

}  // namespace fluence
