// A network of three layers with every form of parameters: those behind pixels, those that count equal
// bits, and a last layer.
#pragma once

#include "network/topology.hpp"

namespace fluence::fuzz {

inline Topology small_network() {
  Layer pixels;
  pixels.convolution = true;
  pixels.window = square_window(3);
  pixels.in_height = pixels.in_dim = 3;
  pixels.in_least = -128;
  pixels.in_channels = 2;
  pixels.out_channels = 3;
  pixels.in_bits = 8;
  pixels.weight_bits = 2;
  pixels.thresholds = 1;
  pixels.accumulator_bits = 24;
  pixels.fraction_bits = 8;
  Layer bits;
  bits.index = 1;
  bits.in_channels = 3;
  bits.out_channels = 4;
  bits.pe = 2;
  bits.thresholds = bits.out_bits = 2;
  bits.xnor = true;
  Layer scores;
  scores.index = 2;
  scores.in_channels = 4;
  scores.out_channels = 4;
  scores.simd = 2;
  scores.in_bits = 2;
  scores.out_bits = 16;
  return {"small", "small", {pixels, bits, scores}};
}

}  // namespace fluence::fuzz
