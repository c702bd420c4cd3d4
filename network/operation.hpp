// What a layer and its pool compute, on numbers: shape in to shape out, and what each output is made of.
//
// The clear inference and what the fast engine computes without a kernel are made of this; what a flip
// does to an operand or a sum on its way stands in network/stepwise.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "network/images.hpp"
#include "network/parameters.hpp"
#include "network/topology.hpp"

namespace fluence {

/// Numbers of one layer's input or output, [pixel][channel], pixels row-major: activations, of a network
/// on pixels their signed codes, or what an accumulator holds.
using Tensor = std::vector<std::int32_t>;

/// A rectangle of pixels; ends are behind the last one.
struct PixelRange {
  int y = 0, y_end = 0;
  int x = 0, x_end = 0;
};

/// The output pixels whose windows have the input pixel (y, x), of a map of rows x columns outputs.
PixelRange touched(const Window& window, int y, int x, int rows, int columns);

class Operation {
 public:
  /// The layer must outlive it.
  explicit Operation(const Layer& layer) : layer_(&layer) {}

  /// Reads the inputs of an output pixel's window, a number for each column of the matrix: (ky * width +
  /// kx) * channels + channel.
  void columns(std::span<const std::int32_t> in, int pixel, std::vector<std::int16_t>& columns) const;
  /// What the accumulator holds at the end: it wraps.
  [[nodiscard]] std::int32_t accumulator(std::span<const std::int16_t> weights,
                                         std::span<const std::int16_t> columns) const;
  /// The number that comes out: thresholds are counted, in whichever order they are stored.
  [[nodiscard]] std::int32_t output(std::int32_t accumulator,
                                    std::span<const std::int32_t> thresholds) const;
  /// The largest number of a pixel's window in each channel; pixels outside of the map do not count.
  [[nodiscard]] Tensor pool(std::span<const std::int32_t> in) const;

  /// The outputs, before the pool, that change when an input pixel does, and those of the pool that
  /// change when an output does.
  [[nodiscard]] PixelRange touched_outputs(int pixel) const;
  [[nodiscard]] PixelRange touched_maxima(int pixel) const;

 private:
  const Layer* layer_;
};

/// What a value of an image gives: the number of input thresholds below it, from `least` on.
int quantized(std::int32_t value, std::span<const std::int32_t> thresholds, int least, int step);
/// What layer 0 takes of an image, by input thresholds [row][thresh].
Tensor quantized_image(const Image& image, const Topology& net,
                       std::span<const std::int32_t> thresholds);
/// The images as the accelerator takes them, in the shape of `Topology::stored_image`.
ImageSet stored_images(const ImageSet& images, const Parameters& parameters);

}  // namespace fluence
