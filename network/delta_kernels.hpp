// The inner loops of the delta evaluation, one table of them for each instruction set.
//
// delta_kernels.cpp is compiled once per instruction set. As in packed_kernels.hpp, what it includes
// uses plain pointers and no library templates.
//
// Words. Activations are in *thermometer code*: bit k of one is 1 where more than k of its neuron's
// thresholds lie below the sum. So an activation of two bits is two tensors of bits, its *levels*, with
// a threshold each: the neuron's in ascending order. Of one bit, it is one level. The *margin* of a
// level in a window is the neuron's sum minus the level's threshold minus 1: negative where the level is
// 0. Margins are bit-sliced: a plane holds one bit of 64 neurons' margins in a word. A vector holds
// `group` neighbouring windows of a row, or, of a layer with more neurons than it has bits, one window
// in `chunks` parts. A *changed column* of a window is a bit of some level of its input that differs
// from the fault-free run; it moves each neuron's sum by the weight (bits that match: by +1 or -1) or by
// minus that, its *contribution*. A sum is a *base*, which is the neuron's, minus its *deficit*. Weights
// of one bit: their number, minus the bits of all levels that are not the weight's. Of two, -2 h + l:
// minus the sum of the weights, minus twice the bits of all levels where h is 1, plus those where l
// is 1.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fluence::delta {

using Word = std::uint64_t;

inline constexpr int kWordBits = 64;
inline constexpr int kScores = 64;  ///< that the last layer gives
inline constexpr int kMostLayers = 16;
inline constexpr int kMostDim = 32;
inline constexpr int kMostOutWords = 8;  ///< of a pixel, and of a vector of any instruction set
inline constexpr int kMostLevels = 2;
inline constexpr int kMostWeightBits = 2;
inline constexpr int kMostMarginBits = 15;
inline constexpr int kStarts = 48;  ///< an input row's pixels, one more, and what a last group reads on

/// Planes of a vector of margins: sign, bits 0 and 1, "outside -4 .. 3", bits 2 and 3, "outside -16 ..
/// 15", the other bits. So what few changed columns need lies at the front.
inline constexpr int kFar4 = 3;
inline constexpr int kFar16 = 6;
constexpr int plane_of_bit(int bit) { return bit < 2 ? bit + 1 : bit < 4 ? bit + 2 : bit + 3; }
constexpr int planes_of(int margin_bits) { return margin_bits + 2; }

/// Layers of so many numbers of margin bits have kernels: those of 256 to 2,304 columns.
inline constexpr int kMarginBitCounts = 4;
constexpr int least_margin_bits(int weight_bits, int levels) { return 8 + weight_bits + levels; }

/// By so much changed channels may move a sum, for bytes to hold all sums and their neighbours; and as
/// many channels, each level for itself, are listed.
inline constexpr int kMostByChannels = 117;
inline constexpr int kMostChannels = 16;

/// What layer 0 keeps of an image instead of margins.
inline constexpr int kFirstPlane = kMostDim * kMostDim;  ///< 16-bit codes + 128 of one colour
inline constexpr int kFirstSums = 3 * kFirstPlane + 32;  ///< behind them: sums of a window's codes
inline constexpr int kFirstShorts = kFirstSums + kFirstPlane;

/// A neuron whose parameters differ from the fault-free ones.
struct ChangedNeuron {
  std::uint32_t row = 0;  ///< first word of its weights, [bit][word], among the trial's rows
  /// Ascending; layer 0: as stored; else clamped to where a sum can be, and to below that.
  std::int32_t thresholds[kMostLevels] = {};
  std::int32_t base = 0;  ///< not of layer 0
  std::uint16_t neuron = 0;
  std::uint16_t column = 0;  ///< of the one flipped bit of a weight, if nothing else differs
  std::uint8_t bit = 0;      ///< likewise
  bool rises = false;        ///< likewise: the weight
};

/// A trial's changed neurons. Of each layer: those with one flipped bit of a weight, then those with
/// other thresholds and no flipped weight, then all others. Layer 0 has only others.
struct Trial {
  const ChangedNeuron* neurons = nullptr;
  const Word* rows = nullptr;
  std::uint32_t layers = 0;  ///< a bit for each that has some
  /// Another layer than the first: its input differs, as Scratch says, before anything is computed.
  int touched = 0;
  std::uint16_t begin[kMostLayers + 1] = {};
  std::uint16_t singles_end[kMostLayers] = {};
  std::uint16_t thresholds_end[kMostLayers] = {};
};

struct Layer {
  int in_dim, out_dim;
  int in_words, out_words;  ///< of a pixel's level
  int columns;              ///< of a level
  int levels;               ///< of an activation, taken and given
  int weight_bits;
  int least_sum, most_sum;
  int margin_bits;
  int group, groups, chunks;  ///< windows of a vector, vectors of a row of windows, vectors of a window
  int block;         ///< words of the contributions of a channel, a direction and a row of the kernel
  int most_changed;  ///< columns of a window beyond which it is computed anew
  /// With as many, margins outside of -4 .. 3, of -16 .. 15 decide nothing; [1]: nor if there is a flip
  /// of a weight's bit, too.
  int few[2], some[2];
  int index;
  bool one_window;  ///< its columns are the whole input tensor
  bool pool;
  std::size_t in, out, next;  ///< first words of tensors in a trace; next: behind the pool
  std::size_t in_level, out_level, next_level;  ///< of these, words from one level to the next
  bool by_channels;  ///< is behind layer 0, and so gets changes in whole channels
  /// In an image's margins: [row][group][chunk][level][plane][vector]; by channels: minus the margin, as
  /// a byte, saturated, [window][word][level][neuron].
  std::size_t margins;
  /// In them: where the level falls, where it rises if a flip of the weights' bit moves the sum down,
  /// up: [neuron][level][bit][falls, rises][row] of 32 windows; one window: [level][bit][falls, rises]
  /// [word].
  std::size_t near;
  std::size_t numbers;        ///< in them, of one window: margins as numbers of 16 bits, [level][neuron]
  const Word* contributions;  ///< see DeltaNetwork
  std::size_t contribution_words;  ///< from their first bits to their second ones
  /// Contributions as bytes. Last layer: [column][direction][neuron]; by channels: [channel][kernel row]
  /// [code of three pixels][neuron].
  const std::int8_t* signs;
  int most_signs;               ///< last layer: that a byte can add up
  const std::uint8_t* reaches;  ///< by channels: by so much a level of [channel] can move a sum
  const Word* grouped;          ///< weights by groups of eight neurons, [group][word][bit][neuron]
  const std::int64_t* limits;   ///< [level][neuron] base - threshold - 1: what the deficit must not pass
  alignas(64) Word edge[kMostOutWords];  ///< of a row's last vector: the words that windows lie in
};

/// Computes windows of a layer with the fault-free parameters, with activations as in a TraceLayout.
struct Recompute {
  void (*compute)(const void* network, int layer, const Word* in, Word* out,
                  const std::uint16_t* windows, int count);
  const void* network;
};

struct Network {
  const Layer* layers;
  int count;
  Recompute recompute;
};

/// An image in the fault-free network. The trace has activations in thermometer code, level by level.
struct Image {
  const Word* trace;
  const Word* margins;
};

/// Working memory. What is said to be zero is so before and after each call.
struct Scratch {
  Word* differences;  ///< a trace, zero (but for a touched layer's input): XOR with the fault-free one
  Word* input;        ///< a tensor's worth each, for windows that are computed anew
  Word* output;
  std::uint16_t* entries;  ///< [input row][row_entries]: where changed columns' contributions lie
  int row_entries;
  std::uint16_t* list;     ///< those of a vector
  std::uint16_t* windows;  ///< to be computed anew
  int window_count;
  std::uint32_t in_rows[kMostLayers][kMostDim];  ///< likewise: pixels of a layer's input that differ
  std::uint32_t out_rows[kMostDim];              ///< zero: of an output before its pool
  std::uint16_t channels[kMostChannels];         ///< that changed, once for each level that did
  /// [changed channel][row][pixel] where a table row for it and the two to its right lies
  alignas(64) std::uint16_t codes[kMostChannels][kMostDim][kMostDim];
  std::uint32_t touched[kMostDim];              ///< windows whose input differs
  std::uint16_t start[kMostDim][kStarts];       ///< [input row][pixel] first entry
  std::uint16_t bias_start[kMostDim][kStarts];  ///< likewise, of biases (see delta_counter.hpp)
  alignas(64) std::uint16_t counts[kStarts];    ///< changed columns of a row's windows
  alignas(64) std::uint16_t biases[kStarts];    ///< likewise
  alignas(64) Word keep[kMostOutWords];         ///< neurons that are not computed by themselves
  alignas(
      64) Word singles[kMostWeightBits][kMostOutWords];  ///< neurons with this bit flipped in a weight
  std::uint16_t single_of[kMostOutWords * kWordBits];    ///< of those, where the trial has them
  /// What changed thresholds add to margins: [chunk][level][bit][vector].
  alignas(64) Word shifts[kMostOutWords][kMostLevels][kMostMarginBits][kMostOutWords];
};

struct Kernels {
  int words;  ///< of a vector
  /// Fills an image's margins, which are zero, from its pixels, code + 128, and its complete trace.
  void (*margins)(const Network&, const std::uint8_t* pixels, const Word* trace, Word* margins);
  /// All scores of an image with a trial's changed neurons.
  void (*scores)(const Network&, const Image&, const Trial&, Scratch&, std::int16_t* scores);
};

const Kernels& kernels_scalar();
const Kernels& kernels_avx2();
const Kernels& kernels_avx512();

}  // namespace fluence::delta
