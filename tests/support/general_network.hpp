// Networks of any shape and any number formats, layer by layer.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "network/topology.hpp"
#include "tests/support/made_networks.hpp"

namespace fluence::test {

/// Appends layers, each on what the one before gives.
class General {
 public:
  General(std::string name, int height, int width, int channels, NumberFormat numbers) {
    net_.name = net_.network = std::move(name);
    net_.image_numbers = numbers;
    before_.out_height = height;
    before_.out_dim = width;
    before_.out_channels = channels;
    before_.out_bits = numbers.bits;
    before_.out_unsigned = numbers.is_unsigned;
    before_.out_least = numbers.least();
    net_.decision = Decision::highest;
  }
  /// What layer 0 takes of an image's values by thresholds.
  General input(NumberFormat numbers, int thresholds) {
    net_.input = {thresholds, true};
    before_.out_bits = numbers.bits;
    before_.out_unsigned = numbers.is_unsigned;
    before_.out_least = numbers.least();
    return *this;
  }
  General convolution(Window window, int channels, int weight_bits, NumberFormat numbers,
                      int thresholds) {
    auto layer = next(channels, weight_bits);
    layer.convolution = true;
    layer.window = window;
    return push(layer, numbers, thresholds);
  }
  General full(int channels, int weight_bits, NumberFormat numbers, int thresholds) {
    auto layer = next(channels, weight_bits);
    layer.window = {layer.in_height, layer.in_dim};
    return push(layer, numbers, thresholds);
  }
  General scores(int channels, int weight_bits) {
    auto layer = next(channels, weight_bits);
    layer.window = {layer.in_height, layer.in_dim};
    layer.out_bits = 16;
    return push(layer, {16}, 0);
  }
  General pool(Window window) {
    net_.layers.back().pool = true;
    net_.layers.back().pool_window = window;
    return *this;
  }
  /// Of the last layer.
  General accumulator(int bits) {
    net_.layers.back().accumulator_bits = bits;
    return *this;
  }
  General folding(int simd, int pe) {
    net_.layers.back().simd = simd;
    net_.layers.back().pe = pe;
    return *this;
  }
  General sums_of_signs() {
    net_.layers.back().xnor = false;
    return *this;
  }
  operator Topology() const { return net_; }  // NOLINT(google-explicit-constructor)

 private:
  [[nodiscard]] Layer next(int channels, int weight_bits) const {
    const auto& from = net_.layers.empty() ? before_ : net_.layers.back();
    Layer layer;
    layer.index = static_cast<int>(net_.layers.size());
    feed(layer, from);
    layer.out_channels = channels;
    layer.weight_bits = weight_bits;
    layer.xnor = weight_bits == 1 && layer.in_bits == 1 && !layer.in_unsigned;
    return layer;
  }
  General push(Layer layer, NumberFormat numbers, int thresholds) {
    layer.out_height = layer.window.rows_of(layer.in_height);
    layer.out_dim = layer.window.columns_of(layer.in_dim);
    layer.thresholds = thresholds;
    layer.out_bits = numbers.bits;
    layer.out_unsigned = numbers.is_unsigned;
    layer.out_least = numbers.least();
    layer.accumulator_bits = thresholds == 0 ? 16 : 24;
    const int columns = layer.convolution ? layer.in_channels : layer.matrix_width();
    layer.simd = 64 / std::max(layer.in_bits, weight_bits(layer));
    while (columns % layer.simd != 0) {
      --layer.simd;
    }
    layer.pe = layer.out_channels % 3 == 0 ? 3 : 1;
    net_.layers.push_back(layer);
    return *this;
  }
  static int weight_bits(const Layer& layer) { return layer.weight_bits; }

  Layer before_;
  Topology net_;
};

constexpr NumberFormat unsigned_of(int bits) { return {bits, true}; }

}  // namespace fluence::test
