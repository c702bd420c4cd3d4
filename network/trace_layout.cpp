#include "network/trace_layout.hpp"

#include <algorithm>

#include "base/bits.hpp"

namespace fluence {
TraceLayout::TraceLayout(const Topology& net) {
  const auto& first = net.layers.front();
  inputs_.push_back(first.takes_pixels() ? append(1, net.image().words() * kWordBits, 1)
                                         : append(first.in_pixels(), first.in_channels, first.in_bits));
  for (const auto& layer : net.layers) {
    if (layer.thresholds == 0) {
      outputs_.push_back(append(1, layer.out_channels * layer.out_bits, 1));
      continue;
    }
    outputs_.push_back(append(layer.out_pixels(), layer.out_channels, layer.out_bits));
    inputs_.push_back(layer.pool ? append(layer.next_pixels(), layer.out_channels, layer.out_bits)
                                 : outputs_.back());
  }
}

TraceTensor TraceLayout::append(int pixels, int channels, int planes) {
  TraceTensor tensor = {words_, static_cast<std::size_t>(pixels), static_cast<std::size_t>(channels),
                        static_cast<std::size_t>(planes)};
  if (pixels == 1 || channels % kWordBits == 0) {
    tensor.pixel_words = tensor.words() / tensor.pixels;
  }
  words_ += tensor.words();
  return tensor;
}

bool TraceLayout::shares_words() const {
  const auto shares = [](const TraceTensor& tensor) { return tensor.pixel_words == 0; };
  return std::ranges::any_of(inputs_, shares) || std::ranges::any_of(outputs_, shares);
}

}  // namespace fluence
