// The memory format of one image's way through the bit-packed inference.
#pragma once

#include <cstddef>
#include <vector>

#include "network/topology.hpp"

namespace fluence {

/// One tensor inside a trace.
struct TraceTensor {
  std::size_t offset = 0;       ///< first 64-bit word
  std::size_t pixels = 0;       ///< row-major
  std::size_t channels = 0;     ///< values of one pixel
  std::size_t planes = 0;       ///< bits of a value
  std::size_t pixel_words = 0;  ///< 64-bit words of one pixel; 0: pixels share words

  [[nodiscard]] std::size_t words() const { return word_of(pixels * channels + 63); }
  /// Where, from `offset` on, the lowest plane has value i, pixel * channels + channel, at bit i % 64.
  /// The next word is that of the next plane.
  [[nodiscard]] std::size_t word_of(std::size_t i) const { return i / 64 * planes; }
};

/// Where the tensors of one image lie in its trace, a flat buffer of 64-bit words.
///
/// Activations are bit planes, the values of all pixels one behind the other: [value / 64][plane], value
/// i at bit i % 64; the bits of no value are 0. Plane k is bit k of the stream's code: of one-bit
/// activations 1 = +1, of two-bit ones with a sign plane 0 = not zero, plane 1 = negative. An image of
/// pixels is one pixel of unsigned bytes, code + 128 in memory order, any other is what layer 0 takes;
/// the scores are one pixel of int16.
class TraceLayout {
 public:
  explicit TraceLayout(const Topology& net);

  /// What layer `layer` reads; layer 0: the image.
  [[nodiscard]] const TraceTensor& input(int layer) const {
    return inputs_[static_cast<std::size_t>(layer)];
  }
  /// What layer `layer` writes, before its pool; the last layer: the scores.
  [[nodiscard]] const TraceTensor& output(int layer) const {
    return outputs_[static_cast<std::size_t>(layer)];
  }
  /// Whether there are tensors in which pixels share words.
  [[nodiscard]] bool shares_words() const;
  /// Length of a trace.
  [[nodiscard]] std::size_t words() const { return words_; }

 private:
  TraceTensor append(int pixels, int channels, int planes);

  std::size_t words_ = 0;
  std::vector<TraceTensor> inputs_;   ///< [layer]
  std::vector<TraceTensor> outputs_;  ///< [layer]
};

}  // namespace fluence
