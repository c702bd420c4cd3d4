#include "network/topology.hpp"

#include "base/digest.hpp"

namespace fluence {
namespace {

void add(Digest& digest, std::int64_t number) { digest.add(static_cast<std::uint64_t>(number)); }

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
  }
  return digest.hex();
}

}  // namespace fluence
