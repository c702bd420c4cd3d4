// Inference of a faulted network as a difference to the fault-free one.
//
// Where neither a window's input nor a neuron's parameters differ, the fault-free output is right. So
// each layer recomputes the changed neurons everywhere and all neurons in the windows whose input
// changed, and compares: where the outputs are equal again, nothing further on is computed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "fault/pixel_set.hpp"
#include "network/packed.hpp"

namespace fluence {

/// A change of a layer's parameters while it works on an image: its windows from `pixel` on see it.
struct Onset {
  int layer = 0;
  int pixel = 0;          ///< y * out_dim + x
  std::size_t fault = 0;  ///< for the caller
};

class IncrementalInference {
 public:
  explicit IncrementalInference(const TraceLayout& layout) : work_(layout.words()) {}

  /// Scores of one image by `net`. `golden` is the image's complete trace by a network that differs
  /// from `net` at most in the neuron groups `changed` [layer], bit g for channels 8g .. 8g+7.
  /// `onsets`, in order of layer and pixel, are yet to come: when all windows before the pixel are
  /// computed, `apply` is called with the fault and must change `net` and the content of `changed`.
  Scores run(const PackedNetwork& net, std::span<const std::uint64_t> golden,
             std::span<const std::uint64_t> changed, std::span<const Onset> onsets = {},
             const std::function<void(std::size_t fault)>& apply = {});

 private:
  using Pixels = std::vector<std::uint16_t>;
  /// Copies the tensor's golden content, lets `compute` replace the pixels of `suspects`, and returns
  /// those that differ from golden then.
  template <typename Compute>
  PixelSet replace(const TraceTensor& tensor, int dim, const PixelSet& suspects,
                   std::span<const std::uint64_t> golden, Compute compute);

  std::vector<std::uint64_t> work_;  ///< a trace; valid only in tensors that differ from golden
  Pixels touched_;                   ///< windows whose input differs
  Pixels untouched_;
};

}  // namespace fluence
