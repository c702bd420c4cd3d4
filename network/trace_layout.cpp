#include "network/trace_layout.hpp"

namespace fluence {

TraceLayout::TraceLayout(const Topology& net) {
  inputs_.push_back(append(1, kImageWords));
  for (const auto& layer : net.layers) {
    const int pixel_words = layer.out_channels * layer.out_bits / 64;
    outputs_.push_back(append(layer.out_pixels(), pixel_words));
    if (layer.thresholds > 0) {
      inputs_.push_back(layer.pool ? append(layer.out_pixels() / 4, pixel_words) : outputs_.back());
    }
  }
}

TraceTensor TraceLayout::append(int pixels, int pixel_words) {
  const TraceTensor tensor = {words_, static_cast<std::size_t>(pixels),
                              static_cast<std::size_t>(pixel_words)};
  words_ += tensor.words();
  return tensor;
}

}  // namespace fluence
