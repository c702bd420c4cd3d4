#include "network/topology.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"

namespace fluence {
namespace {

struct Folding {
  int simd;
  int pe;
};

// Shapes that the three networks share.
struct Shape {
  bool convolution;
  int in_dim;
  int in_channels;
  int out_channels;
  bool pool;
  int out_stream_width;
  int out_fifo_depth;
};

constexpr int kLayers = 9;
constexpr int kDefaultDepth = 2;

constexpr std::array<Shape, kLayers> kShapes = {{
    {true, 32, 3, 64, false, 64, 128},
    {true, 30, 64, 64, true, 64, 128},
    {true, 14, 64, 128, false, 128, 128},
    {true, 12, 128, 128, true, 128, 81},
    {true, 5, 128, 256, false, 256, 1},
    {true, 3, 256, 256, false, 256, 1},
    {false, 1, 256, 512, false, 64, 128},
    {false, 1, 512, 512, false, 64, 3},
    {false, 1, 512, 64, false, 64, kDefaultDepth},
}};

constexpr std::array<Folding, kLayers> kFoldingW1 = {
    {{3, 16}, {32, 32}, {32, 16}, {32, 16}, {32, 4}, {32, 1}, {4, 1}, {8, 1}, {1, 4}}};
constexpr std::array<Folding, kLayers> kFoldingW2 = {
    {{3, 8}, {16, 16}, {16, 8}, {16, 8}, {8, 4}, {8, 1}, {2, 1}, {2, 2}, {1, 4}}};

Topology make(std::string name, int weight_bits, int activation_bits,
              const std::array<Folding, kLayers>& folding) {
  Topology net{std::move(name), {}};
  for (int i = 0; i < kLayers; ++i) {
    const auto& shape = kShapes.at(static_cast<std::size_t>(i));
    const auto& fold = folding.at(static_cast<std::size_t>(i));
    const bool first = i == 0;
    const bool last = i == kLayers - 1;
    Layer layer;
    layer.index = i;
    layer.convolution = shape.convolution;
    layer.in_dim = shape.in_dim;
    layer.in_channels = shape.in_channels;
    layer.out_dim = shape.convolution ? shape.in_dim - 2 : 1;
    layer.out_channels = shape.out_channels;
    layer.simd = fold.simd;
    layer.pe = fold.pe;
    layer.in_bits = first ? 8 : activation_bits;
    layer.out_bits = last ? 16 : activation_bits;
    layer.weight_bits = weight_bits;
    layer.thresholds = last ? 0 : activation_bits;
    layer.accumulator_bits = first ? 24 : 16;
    layer.fraction_bits = first ? 8 : 0;
    layer.xnor = !first && weight_bits == 1 && activation_bits == 1;
    layer.pool = shape.pool;
    layer.out_stream_width = shape.out_stream_width;
    layer.out_fifo_depth = shape.out_fifo_depth;
    net.layers.push_back(layer);
  }
  return net;
}

}  // namespace

const std::vector<Topology>& all_topologies() {
  static const std::vector<Topology> nets = {
      make("cnvW1A1", 1, 1, kFoldingW1),
      make("cnvW1A2", 1, 2, kFoldingW1),
      make("cnvW2A2", 2, 2, kFoldingW2),
  };
  return nets;
}

const Topology& topology(std::string_view name) {
  const auto& nets = all_topologies();
  const auto it = std::ranges::find(nets, name, &Topology::name);
  if (it == nets.end()) {
    std::string known;
    for (const auto& net : nets) {
      known += (known.empty() ? "" : ", ") + net.name;
    }
    throw InputError("unknown network '" + std::string(name) + "': use one of " + known);
  }
  return *it;
}

}  // namespace fluence
