// What the inference and the RTL compute; everything else is refused.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "network/topology.hpp"

namespace fluence {
namespace {

constexpr int kMostWordBits =
    64;  // of a stream's word into a matrix-vector unit and of its weight words
constexpr long kMostSum = 0x7fff'ffff;
constexpr int kMostChannels = 65'536;
constexpr long kMostWeightBits = 1L << 31;  // whatever is counted of a layer then is an int

class Rules {
 public:
  explicit Rules(const Topology& net) : net_(net) {}

  void check() {
    if (net_.layers.empty()) {
      throw InputError("network " + net_.name + " has no layer: give it one that computes scores");
    }
    for (const auto& layer : net_.layers) {
      layer_ = &layer;
      require(layer.index == static_cast<int>(&layer - net_.layers.data()),
              "has another index than its place: number the layers from 0");
      check_shape();
      check_formats();
      check_folding();
      check_chain();
    }
  }

 private:
  void require(bool good, std::string_view what) const {
    if (!good) {
      throw InputError(fmt::format("layer {} of network {} {}", layer_->index, net_.name, what));
    }
  }

  void check_shape() const {
    const auto& l = *layer_;
    require(l.in_channels > 0 && l.out_channels > 0 && l.in_dim > 0 && l.out_dim > 0,
            "has a side or channels below 1: give positive numbers");
    require(std::max(l.in_channels, l.out_channels) <= kMostChannels,
            fmt::format("has more than {} channels: use fewer", kMostChannels));
    require(std::max(l.in_dim, l.out_dim) <= kMostSide,
            fmt::format("has a map of more than {0} x {0} pixels: use smaller ones", kMostSide));
    require(
        l.convolution ? l.out_dim == l.in_dim - 2 : l.in_dim == 1 && l.out_dim == 1,
        l.convolution
            ? "is a 3 x 3 convolution whose output is not 2 pixels narrower than its input: make it so"
            : "is fully connected and has more than one pixel: flatten its input");
    require(!l.pool || (l.out_dim % 2 == 0 && l.out_dim >= 4 && l.thresholds > 0),
            "has a 2 x 2 max pool behind an odd side, one of 2 or scores: drop the pool");
  }

  void check_formats() const {
    const auto& l = *layer_;
    const bool first = l.index == 0;
    const bool last = l.index + 1 == static_cast<int>(net_.layers.size());
    require(l.weight_bits == 1 || l.weight_bits == 2,
            fmt::format("has weights of {} bits: use 1 or 2", l.weight_bits));
    require(first ? l.in_bits == 8 : l.in_bits == 1 || l.in_bits == 2,
            first ? fmt::format("takes images of {} bits: make them 8", l.in_bits)
                  : fmt::format("has inputs of {} bits: use 1 or 2", l.in_bits));
    require(l.xnor == (l.in_bits == 1 && l.weight_bits == 1) && (l.in_bits != 1 || l.xnor),
            "counts equal bits without 1-bit inputs and weights, or the other way round: 1-bit inputs "
            "need 1-bit weights and this, others must not have it");
    require(last ? l.thresholds == 0 : l.thresholds == 1 || l.thresholds == 2,
            fmt::format("has {} thresholds: use 1 or 2, and none in the last layer", l.thresholds));
    require(
        l.out_bits == (last ? 16 : l.thresholds),
        fmt::format("has outputs of {} bits: a layer has as many bits as thresholds, the last one 16",
                    l.out_bits));
    require(!last || l.out_pixels() == 1,
            "gives scores for more than one pixel: make the last layer's output one pixel");
    require(l.accumulator_bits >= 2 && l.accumulator_bits <= 32 && (!last || l.accumulator_bits == 16),
            fmt::format("has accumulators of {} bits: use 2 to 32, and 16 in the last layer",
                        l.accumulator_bits));
    require(l.accumulator_shift() >= 0 && l.fraction_bits < l.accumulator_bits &&
                (l.takes_pixels() || l.fraction_bits == 0),
            fmt::format("has {} fraction bits: layer 0 has at least {} and fewer than its accumulators "
                        "have bits, other layers have none",
                        l.fraction_bits, net_.layers.front().in_bits - 1));
    require(static_cast<long>(l.matrix_width()) * l.matrix_height() * l.weight_bits < kMostWeightBits,
            "has 2^31 bits of weights or more: use fewer channels");
    require(l.most_sum() <= kMostSum, "adds up more than 32 bits hold: use fewer inputs");
  }

  void check_folding() const {
    const auto& l = *layer_;
    require(l.simd > 0 && (l.convolution ? l.in_channels : l.matrix_width()) % l.simd == 0,
            fmt::format("has SIMD {}, which does not divide its {} input channels: choose a divisor",
                        l.simd, l.in_channels));
    require(l.pe > 0 && l.out_channels % l.pe == 0,
            fmt::format("has PE {}, which does not divide its {} output channels: choose a divisor",
                        l.pe, l.out_channels));
    require(l.out_stream_width > 0 && l.out_fifo_depth > 0,
            "has an output stream without width or depth: give positive numbers");
    const int bits = l.simd * std::max(l.in_bits, l.weight_bits);
    require(bits <= kMostWordBits,
            fmt::format("has words of {} bits at SIMD {}: choose a SIMD for which they have at most {}",
                        bits, l.simd, kMostWordBits));
  }

  void check_chain() const {
    const auto& l = *layer_;
    if (l.index == 0) {
      return;
    }
    const auto& before = net_.layer(l.index - 1);
    require(l.in_channels == before.out_channels && l.in_bits == before.out_bits &&
                l.in_dim == (before.pool ? before.out_dim / 2 : before.out_dim),
            "does not take what the layer before it gives: make sides, channels and bits equal");
  }

  const Topology& net_;
  const Layer* layer_ = nullptr;
};

}  // namespace

void require_computable(const Topology& net) { Rules(net).check(); }

}  // namespace fluence
