// What the inference computes; everything else is refused.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "network/topology.hpp"

namespace fluence {
namespace {

constexpr long kMostSum = 0x7fff'ffff;
constexpr int kMostChannels = 65'536;
constexpr int kMostPixels = 65'536;         // windows are numbered by 16 bits
constexpr long kMostWeightBits = 1L << 31;  // whatever is counted of a layer then is an int
constexpr int kMostNumberBits = 8;
constexpr int kMostThresholds = 255;

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
      check_numbers();
      check_outputs();
      check_pool();
      check_folding();
      check_codecs();
      if (layer.index == 0) {
        check_image();
      } else {
        check_chain();
      }
    }
    check_decision();
  }

 private:
  void require(bool good, std::string_view what) const {
    if (!good) {
      throw InputError(fmt::format("layer {} of network {} {}", layer_->index, net_.name, what));
    }
  }
  void require_image(bool good, std::string_view what) const {
    if (!good) {
      throw InputError(fmt::format("the image of network {} {}", net_.name, what));
    }
  }

  static bool fits(const Window& window, int rows, int columns) {
    const bool positive = window.height > 0 && window.width > 0 && window.stride_y > 0 &&
                          window.stride_x > 0 && window.top >= 0 && window.left >= 0 &&
                          window.bottom >= 0 && window.right >= 0;
    // No window lies outside of the map.
    return positive && window.top < window.height && window.bottom < window.height &&
           window.left < window.width && window.right < window.width &&
           window.height <= rows + window.top + window.bottom &&
           window.width <= columns + window.left + window.right;
  }

  void check_shape() const {
    const auto& l = *layer_;
    require(l.in_channels > 0 && l.out_channels > 0 && l.in_height > 0 && l.in_dim > 0,
            "has a side or channels below 1: give positive numbers");
    require(std::max(l.in_channels, l.out_channels) <= kMostChannels,
            fmt::format("has more than {} channels: use fewer", kMostChannels));
    require(long{l.in_height} * l.in_dim <= kMostPixels && l.in_height <= kMostPixels,
            fmt::format("has a map of more than {} pixels: use smaller ones", kMostPixels));
    if (l.convolution) {
      require(fits(l.window, l.in_height, l.in_dim),
              fmt::format("is a convolution whose window of {} x {} pixels has no place in its input of "
                          "{} x {}: choose a kernel, a stride and a padding smaller than the kernel for "
                          "which it has one",
                          l.window.height, l.window.width, l.in_height, l.in_dim));
      require(l.out_height == l.window.rows_of(l.in_height) &&
                  l.out_dim == l.window.columns_of(l.in_dim) &&
                  long{l.out_height} * l.out_dim <= kMostPixels,
              fmt::format("has an output of {} x {} pixels where its window gives {} x {}, of which at "
                          "most {} are computed: make them equal",
                          l.out_height, l.out_dim, l.window.rows_of(l.in_height),
                          l.window.columns_of(l.in_dim), kMostPixels));
    } else {
      require(l.window == Window{l.in_height, l.in_dim} && l.out_height == 1 && l.out_dim == 1,
              "is fully connected and does not take all of its input for one pixel: make its window as "
              "large as its input");
    }
  }

  void check_numbers() const {
    const auto& l = *layer_;
    require(l.weight_bits >= 1 && l.weight_bits <= kMostNumberBits,
            fmt::format("has weights of {} bits: use 1 to {}", l.weight_bits, kMostNumberBits));
    require(l.in_bits >= 1 && l.in_bits <= kMostNumberBits,
            fmt::format("has inputs of {} bits: use 1 to {}", l.in_bits, kMostNumberBits));
    require(!l.xnor || (l.in_bits == 1 && !l.in_unsigned && l.weight_bits == 1),
            "counts equal bits of numbers that are not all -1 or +1: let it add up products");
    require(!l.convolution || !l.window.padded() || l.in_bits > 1 || l.in_unsigned,
            "pads with 0 what is -1 or +1: use another number format or no padding");
    require(!l.takes_pixels() || (l.index == 0 && l.in_bits == 8 && !l.in_unsigned),
            fmt::format("has {} fraction bits where only pixels of images, which layer 0 takes as codes "
                        "of 8 bits, have a fraction: drop them",
                        l.fraction_bits));
    require(!l.takes_pixels() || (l.accumulator_shift() >= 0 && l.fraction_bits < l.accumulator_bits),
            fmt::format("has {} fraction bits: pixels need at least {}, and fewer than the accumulators "
                        "have bits",
                        l.fraction_bits, l.in_bits - 1));
    require(static_cast<long>(l.matrix_width()) * l.matrix_height() * l.weight_bits < kMostWeightBits,
            "has 2^31 bits of weights or more: use fewer channels");
    require(l.most_sum() <= kMostSum, "adds up more than 32 bits hold: use fewer inputs");
  }

  void check_outputs() const {
    const auto& l = *layer_;
    const bool last = l.index + 1 == static_cast<int>(net_.layers.size());
    require(l.thresholds >= (last ? 0 : 1) && l.thresholds <= kMostThresholds,
            fmt::format("has {} thresholds: use 1 to {}, or 0 in the last layer", l.thresholds,
                        kMostThresholds));
    require(l.accumulator_bits >= 2 && l.accumulator_bits <= 32,
            fmt::format("has accumulators of {} bits: use 2 to 32", l.accumulator_bits));
    require(!last || l.out_pixels() == 1,
            "gives scores for more than one pixel: make the last layer's output one pixel");
    if (l.thresholds == 0) {
      require(l.out_bits == 16 && !l.out_unsigned && l.accumulator_bits <= l.out_bits,
              fmt::format("has accumulators of {} bits and scores of {}: use scores of 16 bits with "
                          "a sign, and accumulators of at most as many",
                          l.accumulator_bits, l.out_bits));
      return;
    }
    require(l.out_bits >= 1 && l.out_bits <= kMostNumberBits,
            fmt::format("has outputs of {} bits: use 1 to {}", l.out_bits, kMostNumberBits));
    const auto format = l.out_format();
    require(
        l.out_least >= format.least() && l.out_most() <= format.most(),
        fmt::format("has outputs from {} to {}, for {} thresholds, where {} bits hold {} to {}: use "
                    "fewer thresholds or more output bits",
                    l.out_least, l.out_most(), l.thresholds, l.out_bits, format.least(), format.most()));
  }

  void check_pool() const {
    const auto& l = *layer_;
    require(
        !l.pool || (l.thresholds > 0 && fits(l.pool_window, l.out_height, l.out_dim)),
        fmt::format("has a max pool of {} x {} pixels behind scores, or one that has no place in a map "
                    "of {} x {}: drop the pool or make it smaller",
                    l.pool_window.height, l.pool_window.width, l.out_height, l.out_dim));
  }

  void check_folding() const {
    const auto& l = *layer_;
    require(l.simd > 0 && (l.convolution ? l.in_channels : l.matrix_width()) % l.simd == 0,
            fmt::format("has SIMD {}, which does not divide its {} input channels: choose a divisor",
                        l.simd, l.convolution ? l.in_channels : l.matrix_width()));
    require(l.pe > 0 && l.out_channels % l.pe == 0,
            fmt::format("has PE {}, which does not divide its {} output channels: choose a divisor",
                        l.pe, l.out_channels));
    require(l.out_stream_width > 0 && l.out_fifo_depth > 0,
            "has an output stream without width or depth: give positive numbers");
    const long bits = long{l.simd} * std::max(l.in_bits, l.weight_bits);
    require(bits <= kMostWordBits,
            fmt::format("has words of {} bits at SIMD {}: choose a SIMD for which they have at most {}",
                        bits, l.simd, kMostWordBits));
  }

  void check_codec(const Codec& codec, int bits, int words, bool synchronous,
                   std::string_view what) const {
    if (const auto refusal = codec.refusal(bits); !refusal.empty()) {
      require(false, fmt::format("has {} of {} bits, and {} {}", what, bits, codec.name(), refusal));
    }
    require(codec.stored_bits(bits) <= kMostWordBits,
            fmt::format("stores {} by {} in words of {} bits: use at most {}", what, codec.name(),
                        codec.stored_bits(bits), kMostWordBits));
    // What an access repairs is not yet stored when the next one's word is read.
    require(
        !synchronous || !codec.repairs() || words > 1,
        fmt::format("reads {} by {} synchronously from memories of one word: choose a lower PE or SIMD, "
                    "or another codec",
                    what, codec.name()));
    require(!synchronous || codec.words() * codec.stored_bits(bits) <= kMostWordBits,
            fmt::format("reads {} by {} synchronously, into registers of {} bits: use at most {}", what,
                        codec.name(), codec.words() * codec.stored_bits(bits), kMostWordBits));
  }

  void check_codecs() const {
    const auto& l = *layer_;
    require(l.thresholds > 0 || is_plain(*l.threshold_codec),
            "has no thresholds that could be protected: drop that");
    require(l.thresholds > 0 || !l.synchronous_thresholds,
            "has no thresholds that could be read synchronously: drop that");
    require(!l.weight_codec->stores_numbers(),
            fmt::format("stores weights by {}, which takes words for numbers: use it for thresholds",
                        l.weight_codec->name()));
    check_codec(*l.weight_codec, l.weight_word_bits(), l.weight_words(), l.synchronous_weights,
                "weight words");
    check_codec(*l.threshold_codec, l.accumulator_bits, l.threshold_words(), l.synchronous_thresholds,
                "thresholds");
  }

  void check_image() const {
    const auto& l = *layer_;
    const auto& numbers = net_.image_numbers;
    require_image(numbers.bits >= 1 && numbers.bits <= kMostNumberBits,
                  fmt::format("has values of {} bits: use 1 to {}", numbers.bits, kMostNumberBits));
    if (net_.is_flat()) {
      const auto& flat = net_.flat_image;
      require_image(
          l.in_pixels() == 1 && flat.height > 0 && flat.width > 0 && flat.values() <= l.in_channels,
          fmt::format("has {} values, which is not what the {} inputs of layer 0 are on one "
                      "pixel: give as many inputs or more",
                      flat.values(), l.in_channels));
      require_image(!l.takes_pixels() && net_.input.thresholds == 0,
                    "is filled up and has pixel codes or thresholds: drop either");
      require_image(!flat.pixel_signs || numbers == NumberFormat{1},
                    "has signs of pixels of another number of bits than 1: correct it");
    }
    if (net_.input.thresholds == 0) {
      require_image(numbers == l.in_format(),
                    fmt::format("has values of {} bits{} where layer 0 takes {} bits{}: make them equal",
                                numbers.bits, numbers.is_unsigned ? " without a sign" : "", l.in_bits,
                                l.in_unsigned ? " without a sign" : ""));
      require_image(l.in_least == numbers.least(), "is not what layer 0 takes: make them equal");
      return;
    }
    const auto format = l.in_format();
    const int most = l.in_least + net_.input.thresholds * format.step();
    require_image(net_.input.thresholds > 0 && net_.input.thresholds <= kMostThresholds,
                  fmt::format("has {} thresholds: use 1 to {}", net_.input.thresholds, kMostThresholds));
    require_image(!l.takes_pixels(), "has thresholds and layer 0 fraction bits: drop either");
    require_image(
        l.in_least >= format.least() && most <= format.most(),
        fmt::format("has outputs from {} to {}, for {} thresholds, where {} bits hold {} to {}: "
                    "use fewer thresholds or more output bits",
                    l.in_least, most, net_.input.thresholds, l.in_bits, format.least(), format.most()));
  }

  void check_chain() const {
    const auto& l = *layer_;
    const auto& before = net_.layer(l.index - 1);
    require(l.in_channels == before.out_channels && l.in_format() == before.out_format() &&
                l.in_least == before.out_least && l.in_height == before.next_height() &&
                l.in_dim == before.next_dim(),
            "does not take what the layer before it gives: make sides, channels and bits equal");
  }

  void check_decision() const {
    require(
        net_.decision != Decision::sign || net_.scores() == 1,
        fmt::format("gives {} scores where the decision by a sign needs one: choose another decision",
                    net_.scores()));
  }

  const Topology& net_;
  const Layer* layer_ = nullptr;
};

}  // namespace

void require_computable(const Topology& net) { Rules(net).check(); }

}  // namespace fluence
