// A layer computed by its numbers, on the bit planes of a trace: any window, format and number of
// thresholds, for which there is no kernel.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "network/operation.hpp"
#include "network/parameters.hpp"
#include "network/trace_layout.hpp"

namespace fluence {

/// The bit planes of a pixel as the numbers of its channels, and back. Planes hold the bits of codes.
void read_planes(const std::uint64_t* pixel, const NumberFormat& format,
                 std::span<std::int32_t> numbers);
void write_planes(std::span<const std::int32_t> numbers, const NumberFormat& format,
                  std::uint64_t* pixel);

class PlainLayer {
 public:
  /// The layer must outlive it; later changes of `parameters` have no effect.
  PlainLayer(const Layer& layer, const TraceLayout& layout, const Parameters& parameters);

  void set_weight(int pe, int word, std::uint64_t value);
  void set_threshold(int pe, int word, int thresh, std::int32_t value);
  /// Computes some output pixels. `in`, `out`: the layer's tensors.
  void compute(const std::uint64_t* in, std::uint64_t* out, std::span<const std::uint16_t> pixels) const;

 private:
  [[nodiscard]] std::vector<std::int32_t> inputs(const std::uint64_t* in,
                                                 std::span<const std::uint16_t> pixels) const;

  const Layer* layer_;
  TraceTensor in_, out_;
  std::vector<std::int16_t> weights_;     ///< [row][column]
  std::vector<std::int32_t> thresholds_;  ///< [row][thresh]
};

/// Computes some pixels of the max pool behind a layer. `in`: the layer's output, `out`: the next
/// layer's input.
void plain_pool(const Layer& layer, const TraceTensor& from, const std::uint64_t* in, std::uint64_t* out,
                std::span<const std::uint16_t> pixels);

}  // namespace fluence
