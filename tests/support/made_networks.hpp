// Networks that no board has: shapes and formats for which there is no kernel, or only just one.
#pragma once

#include <string>
#include <vector>

#include "network/topology.hpp"

namespace fluence::test {

/// Makes a layer take what another one, and its pool, give.
inline void feed(Layer& layer, const Layer& before) {
  layer.in_height = before.next_height();
  layer.in_dim = before.next_dim();
  layer.in_channels = before.out_channels;
  layer.in_bits = before.out_bits;
  layer.in_unsigned = before.out_unsigned;
  layer.in_least = before.out_least;
}

/// The shape of the published networks, with other numbers.
class MadeNetwork {
 public:
  explicit MadeNetwork(std::string name, const std::string& like = "cnvW1A1") : net_(topology(like)) {
    net_.name = std::move(name);
  }
  /// Output channels of all layers but the last.
  MadeNetwork channels(const std::vector<int>& channels) {
    for (std::size_t i = 0; i < channels.size(); ++i) {
      net_.layers.at(i).out_channels = net_.layers.at(i + 1).in_channels = channels[i];
    }
    return *this;
  }
  MadeNetwork folding(int layer, int simd, int pe) {
    at(layer).simd = simd;
    at(layer).pe = pe;
    return *this;
  }
  /// Bits of a layer's outputs and of the next one's inputs.
  MadeNetwork activations(int layer, int bits) {
    at(layer).out_bits = at(layer).thresholds = at(layer + 1).in_bits = bits;
    return renew_xnor();
  }
  MadeNetwork weights(int layer, int bits) {
    at(layer).weight_bits = bits;
    return renew_xnor();
  }
  MadeNetwork accumulator(int layer, int bits, int fraction_bits = 0) {
    at(layer).accumulator_bits = bits;
    at(layer).fraction_bits = fraction_bits;
    return *this;
  }
  operator Topology() const { return net_; }  // NOLINT(google-explicit-constructor)

 private:
  Layer& at(int layer) { return net_.layers.at(static_cast<std::size_t>(layer)); }
  MadeNetwork renew_xnor() {
    for (auto& layer : net_.layers) {
      layer.xnor = layer.in_bits == 1 && layer.weight_bits == 1;
    }
    return *this;
  }
  Topology net_;
};

/// One layer after the other: outputs; whether it is a convolution, and has a pool.
struct MadeLayer {
  int channels = 0;
  bool convolution = false;
  bool pool = false;
};

/// A network of another image, of other layers and of other scores: the channels of the last one.
inline Topology made_of(const std::string& name, const ImageShape& image, int weight_bits, int bits,
                        const std::vector<MadeLayer>& layers) {
  Topology net{name, name};
  for (const auto& [channels, convolution, pool] : layers) {
    Layer layer;
    layer.index = static_cast<int>(net.layers.size());
    const bool first = layer.index == 0;
    const bool last = layer.index + 1 == static_cast<int>(layers.size());
    layer.convolution = convolution;
    layer.pool = pool;
    layer.in_dim = image.width;
    layer.in_channels = image.channels;
    layer.in_bits = first ? 8 : bits;
    layer.in_least = first ? -128 : -1;
    if (!first) {
      const auto& before = net.layers.back();
      layer.in_dim = before.next_dim();
      layer.in_channels = before.out_channels;
    }
    layer.window = square_window(convolution ? 3 : 1);
    layer.in_height = layer.in_dim;
    layer.out_height = layer.out_dim = convolution ? layer.in_dim - 2 : 1;
    layer.out_channels = channels;
    layer.weight_bits = weight_bits;
    layer.thresholds = last ? 0 : bits;
    layer.out_bits = last ? 16 : bits;
    layer.accumulator_bits = first ? 24 : 16;
    layer.fraction_bits = first ? 8 : 0;
    layer.xnor = layer.in_bits == 1 && weight_bits == 1;
    net.layers.push_back(layer);
  }
  return net;
}

inline std::vector<MadeLayer> odd_layers() {
  return {{64, true}, {64, true}, {256, true}, {64, true}, {128, true}, {64, true}, {7}};
}

inline const std::vector<Topology>& made_networks() {
  static const std::vector<Topology> nets = {
      // Words of 64 weights, for which there are kernels.
      MadeNetwork("simd64").folding(1, 64, 32).folding(6, 64, 1).folding(7, 64, 1).folding(8, 64, 4),
      // No 64 channels: no kernel but for the layers on 64.
      MadeNetwork("narrow")
          .channels({16, 16, 32, 32, 64, 64, 64, 64})
          .folding(1, 16, 16)
          .folding(2, 16, 16)
          .folding(8, 1, 4),
      // Three words of channels in a convolution, one and two in full layers, four before the scores.
      MadeNetwork("between", "cnvW1A2").channels({64, 64, 192, 64, 64, 64, 128, 256}),
      // Weight words that lie in two words of channels.
      MadeNetwork("straddling", "cnvW2A2")
          .channels({48, 96, 72, 24, 40, 80, 24, 56})
          .folding(1, 24, 16)
          .folding(2, 24, 8)
          .folding(3, 24, 8)
          .folding(4, 12, 4)
          .folding(5, 20, 1)
          .folding(6, 20, 1),
      // More neurons than 64 groups of eight.
      MadeNetwork("wide").channels({64, 64, 64, 64, 64, 64, 1024, 520}).folding(8, 1, 4),
      // Layers whose outputs have other bits than their inputs, and weights of one and two bits.
      MadeNetwork("mixed")
          .activations(1, 2)
          .weights(2, 2)
          .folding(2, 32, 16)
          .activations(4, 2)
          .weights(8, 1)
          .activations(6, 2),
      // Weights of two bits on the image, and outputs of one.
      MadeNetwork("numbers_first").weights(0, 2),
      // Accumulators that wrap, as a word of their width does.
      MadeNetwork("wrapping", "cnvW1A2").accumulator(0, 12, 8).accumulator(3, 8).accumulator(6, 6),
      // Another number of fraction bits behind the pixels.
      MadeNetwork("fraction").accumulator(0, 24, 10),
      // Grey images of 10 x 10 pixels, 7 scores.
      made_of("digits", {10, 1}, 1, 2, {{24, true}, {32, true, true}, {64, true}, {48}, {7}}),
      // One pixel of 41 channels, 300 scores; weights of one bit between activations of one.
      made_of("vector", {1, 41}, 1, 1, {{64}, {72}, {300}}),
      // Images of 18 x 18 pixels and 128 scores, with a kernel for every layer.
      made_of("few_layers", {18, 3}, 2, 2,
              {{64, true, true}, {64, true, true}, {256, true}, {512}, {128}}),
      // Maps of 11, 9, 7, 5 and 3 pixels a side; one weight, or two bits of one, a word.
      made_of("odd", {13, 3}, 1, 1, odd_layers()),
      made_of("odd_signs", {13, 3}, 1, 2, odd_layers()),
      made_of("odd_numbers", {13, 3}, 2, 2, odd_layers()),
      // Words of more than 64 weights, or of more than 64 bits, for which there are kernels.
      MadeNetwork("wide_words").folding(3, 128, 32).folding(5, 256, 1).folding(7, 512, 1),
      MadeNetwork("wide_codes", "cnvW2A2").folding(1, 64, 16).folding(3, 128, 8).folding(6, 256, 1),
  };
  return nets;
}

}  // namespace fluence::test
