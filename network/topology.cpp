#include "network/topology.hpp"

#include "base/digest.hpp"

namespace fluence {
namespace {

void add(Digest& digest, std::int64_t number) { digest.add(static_cast<std::uint64_t>(number)); }

void add(Digest& digest, const Window& window) {
  for (const int number : {window.height, window.width, window.stride_y, window.stride_x, window.top,
                           window.left, window.bottom, window.right}) {
    add(digest, number);
  }
}

// What the classic networks have no choice of.
void add_general(Digest& digest, const Topology& net) {
  digest.add(std::string_view("general"));
  for (const int number : {net.image_numbers.bits, net.image_numbers.is_unsigned ? 1 : 0,
                           net.input.thresholds, net.input.per_channel ? 1 : 0}) {
    add(digest, number);
  }
  if (net.is_flat()) {
    digest.add(std::string_view("flat"));
    for (const int number : {net.flat_image.height, net.flat_image.width, net.flat_image.channels,
                             net.flat_image.pixel_signs ? 1 : 0}) {
      add(digest, number);
    }
  }
  for (const auto& layer : net.layers) {
    add(digest, layer.window);
    add(digest, layer.pool ? layer.pool_window : Window{});
    for (const int number : {layer.in_height, layer.out_height, layer.in_unsigned ? 1 : 0,
                             layer.out_unsigned ? 1 : 0, layer.in_least, layer.out_least}) {
      add(digest, number);
    }
  }
}

Digest digest_of_network(const Topology& net) {
  Digest digest;
  digest.add(std::string_view("network"));
  add(digest, static_cast<std::int64_t>(net.decision));
  for (const auto& layer : net.layers) {
    for (const int number :
         {layer.convolution ? 1 : 0, layer.kernel(), layer.in_dim, layer.in_channels, layer.out_dim,
          layer.out_channels, layer.in_bits, layer.out_bits, layer.weight_bits, layer.thresholds,
          layer.fraction_bits, layer.xnor ? 1 : 0, layer.pool ? 1 : 0}) {
      add(digest, number);
    }
  }
  if (!net.is_classic()) {
    add_general(digest, net);
  }
  return digest;
}

}  // namespace

std::string network_digest(const Topology& net) { return digest_of_network(net).hex(); }

std::string hardware_digest(const Topology& net) {
  auto digest = digest_of_network(net);
  digest.add(std::string_view("hardware"));
  add(digest, net.image_fifo_depth);
  for (const auto& layer : net.layers) {
    for (const int number :
         {layer.simd, layer.pe, layer.accumulator_bits, layer.out_stream_width, layer.out_fifo_depth}) {
      add(digest, number);
    }
    if (layer.is_protected()) {
      digest.add(layer.weight_codec->name());
      digest.add(layer.threshold_codec->name());
    }
    if (layer.synchronous_weights || layer.synchronous_thresholds) {
      digest.add(std::string_view("synchronous"));
      add(digest, layer.synchronous_weights ? 1 : 0);
      add(digest, layer.synchronous_thresholds ? 1 : 0);
    }
  }
  return digest.hex();
}

}  // namespace fluence
