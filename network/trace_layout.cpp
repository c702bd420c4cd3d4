#include "network/trace_layout.hpp"

namespace fluence {
namespace {

constexpr int kWordBits = 64;

}  // namespace

TraceLayout::TraceLayout(const Topology& net) {
  const auto words = [](int bits) { return (bits + kWordBits - 1) / kWordBits; };
  const auto& first = net.layers.front();
  inputs_.push_back(first.takes_pixels()
                        ? append(1, net.image().words())
                        : append(first.in_pixels(), words(first.in_channels) * first.in_bits));
  for (const auto& layer : net.layers) {
    const int pixel_words = layer.thresholds == 0 ? words(layer.out_channels * layer.out_bits)
                                                  : words(layer.out_channels) * layer.out_bits;
    outputs_.push_back(append(layer.out_pixels(), pixel_words));
    if (layer.thresholds > 0) {
      inputs_.push_back(layer.pool ? append(layer.next_pixels(), pixel_words) : outputs_.back());
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
