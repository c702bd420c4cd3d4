// The inner loops of the delta evaluation, one table of them for each instruction set; see
// network/packed_kernels.hpp for how they are compiled.
//
// All are for layers of one-bit weights and activations on and into multiples of 64 channels. A changed
// input of a window moves each neuron's sum by +1 or -1: sums of changes are added up in a byte a neuron
// and compared with how far the neuron is from its threshold. A byte holds kMostChanges of them.
#pragma once

#include <cstdint>

namespace fluence::bits {

inline constexpr int kMostChanges = 126;
inline constexpr int kMostLimit = 127;
inline constexpr int kTaps = 9;
inline constexpr int kScoreNeurons = 64;  ///< of the last layer
inline constexpr int kRows = 32;          ///< a map of pixels is so many rows, a bit each pixel
/// Of one channel's changes in a row of three pixels: bit i: pixel i rises; bit 3 + i: it falls.
inline constexpr int kRowCodes = 64;

/// A layer with one image. Bits: [pixel][channel / 64].
struct BitLayer {
  int in_dim, out_dim;
  int in_words, out_words;  ///< 64-channel words of a pixel
  int taps;                 ///< 9, or 1 if fully connected
  /// [input][place]: +1 or -1, and then the same negated. An input is a channel and a place
  /// [tap][neuron]; where there is one output pixel, it is a column, [tap][channel], and a place a
  /// neuron.
  const std::int8_t* weights;
  const std::uint64_t* weight_bits;  ///< likewise, a bit each, not negated
  int inputs;                        ///< of these
  const std::uint64_t* packed;       ///< [tap][in word][neuron]: weight bits
  const std::int16_t* thresholds;    ///< [neuron], clamped to -1 .. columns, which changes no comparison
  std::int16_t* margins;             ///< [out pixel][neuron]: sum - threshold
  std::int8_t* limits;               ///< likewise: a change must be greater; clamped to +-kMostLimit
  const std::uint64_t* in;           ///< fault-free input
  const std::uint64_t* out;          ///< fault-free output, before the pool
};

/// What differs from the fault-free bits: `bits` are valid, and not all 0, in the pixels of `rows`.
struct Difference {
  std::uint64_t* bits;
  std::uint32_t* rows;  ///< [kRows]
};

struct Kernels {
  /// Fills margins and limits, from the input.
  void (*margins)(const BitLayer&);
  /// Sums of one channel's row codes, [kernel row][code][neuron], to `table`. Convolutions only.
  void (*channel_table)(const BitLayer&, int channel, std::int8_t* table);
  /// A convolution in whose input one channel differs; that channel's table. `rising`, `falling`: rows.
  void (*one_channel)(const BitLayer&, const std::int8_t* table, const std::uint32_t* rising,
                      const std::uint32_t* falling, Difference out);
  /// A convolution of more than one output pixel. `sums`: [in_dim + 2][in_dim + 2][neuron], 0 before and
  /// after where it counts.
  void (*convolution)(const BitLayer&, Difference in, std::int8_t* sums, Difference out);
  /// A layer of one output pixel.
  void (*dense)(const BitLayer&, Difference in, Difference out);
  /// The last layer, of kScoreNeurons neurons: how much each score changes.
  void (*scores)(const BitLayer&, Difference in, std::int16_t* changes);
  /// Bit i: values[i] + factor * others[i] > limit, of 32.
  std::uint32_t (*above)(const std::int16_t* values, const std::int16_t* others, std::int16_t factor,
                         std::int16_t limit);
};

const Kernels& kernels_scalar();
const Kernels& kernels_avx2();
const Kernels& kernels_avx512();

}  // namespace fluence::bits
