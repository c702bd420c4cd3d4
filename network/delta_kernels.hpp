// The inner loops of the delta evaluation, one table of them for each instruction set.
//
// delta_kernels.cpp is compiled once per instruction set. As in packed_kernels.hpp, what it includes
// uses plain pointers and no library templates.
//
// Words. The *margin* of a neuron in a window is its sum minus its threshold minus 1: negative where the
// output is 0. Margins are bit-sliced: a plane holds one bit of 64 neurons' margins in a word. A vector
// holds `group` neighbouring windows of a row, or, of a layer with more neurons than it has bits, one
// window in `chunks` parts. A *changed column* of a window is an input that differs from the fault-free
// run; it moves each neuron's sum by +1 or -1, its *contribution*.
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
inline constexpr int kMostMarginBits = 13;
inline constexpr int kStarts = 48;  ///< an input row's pixels, one more, and what a last group reads on

/// Planes of a vector of margins: sign, bits 0 and 1, "outside -4 .. 3", bits 2 and 3, "outside -16 ..
/// 15", the other bits. So what few changed columns need lies at the front.
inline constexpr int kFar4 = 3;
inline constexpr int kFar16 = 6;
constexpr int plane_of_bit(int bit) { return bit < 2 ? bit + 1 : bit < 4 ? bit + 2 : bit + 3; }
constexpr int planes_of(int margin_bits) { return margin_bits + 2; }

/// Changed channels for which bytes hold all sums of contributions, nine a channel, and their
/// neighbours.
inline constexpr int kMostChannels = 13;

/// What layer 0 keeps of an image instead of margins.
inline constexpr int kFirstPlane = kMostDim * kMostDim;  ///< 16-bit codes + 128 of one colour
inline constexpr int kFirstSums = 3 * kFirstPlane + 32;  ///< behind them: sums of a window's codes
inline constexpr int kFirstShorts = kFirstSums + kFirstPlane;

/// A neuron whose parameters differ from the fault-free ones.
struct ChangedNeuron {
  std::uint32_t row = 0;       ///< first word of its weights among the trial's rows
  std::int32_t threshold = 0;  ///< layer 0: as stored; else clamped to -1 .. columns
  std::uint16_t neuron = 0;
  std::uint16_t column = 0;      ///< of the one flipped weight, if nothing else differs
  std::uint16_t old_weight = 0;  ///< likewise
};

/// A trial's changed neurons. Of each layer: those with one flipped weight, then those with another
/// threshold and no flipped weight, then all others. Layer 0 has only others.
struct Trial {
  const ChangedNeuron* neurons = nullptr;
  const Word* rows = nullptr;
  std::uint32_t layers = 0;  ///< a bit for each that has some
  std::uint16_t begin[kMostLayers + 1] = {};
  std::uint16_t singles_end[kMostLayers] = {};
  std::uint16_t thresholds_end[kMostLayers] = {};
};

struct Layer {
  int in_dim, out_dim;
  int in_words, out_words;  ///< of a pixel
  int columns;
  int margin_bits;
  int group, groups, chunks;  ///< windows of a vector, vectors of a row of windows, vectors of a window
  int block;         ///< words of the contributions of a channel, a direction and a row of the kernel
  int most_changed;  ///< columns of a window beyond which it is computed anew
  int index;
  bool one_window;  ///< its columns are the whole input tensor
  bool pool;
  std::size_t in, out, next;  ///< first words of tensors in a trace; next: behind the pool
  bool by_channels;           ///< is behind layer 0, and so gets changes in whole channels
  /// In an image's margins: [row][group][chunk][plane][vector]; by channels: minus the margin, as a
  /// byte, saturated, [window][neuron].
  std::size_t margins;
  std::size_t near;           ///< in them: [neuron][margin 0, -1][row] of 32 windows;
                              ///< one window: [margin 0, -1][word]
  const Word* contributions;  ///< see DeltaNetwork
  /// Contributions as bytes. Last layer: [column][direction][neuron]; by channels: [channel][kernel row]
  /// [code of three pixels][neuron].
  const std::int8_t* signs;
  const Word* grouped;                   ///< weights by groups of eight neurons, as packed::BitLayer
  const std::int64_t* limits;            ///< [neuron] columns - threshold - 1
  alignas(64) Word edge[kMostOutWords];  ///< of a row's last vector: the words that windows lie in
};

/// Computes windows of a layer with the fault-free parameters.
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

/// An image in the fault-free network.
struct Image {
  const Word* trace;
  const Word* margins;
};

/// Working memory. What is said to be zero is so before and after each call.
struct Scratch {
  Word* differences;  ///< a trace, zero: XOR with the fault-free one
  Word* input;        ///< a trace's worth each, for windows that are computed anew
  Word* output;
  std::uint16_t* entries;  ///< [input row][row_entries]: where changed columns' contributions lie
  int row_entries;
  std::uint16_t* list;     ///< those of a vector
  std::uint16_t* windows;  ///< to be computed anew
  int window_count;
  std::uint32_t in_rows[kMostLayers][kMostDim];  ///< zero: pixels of a layer's input that differ
  std::uint32_t out_rows[kMostDim];              ///< zero: of an output before its pool
  std::uint16_t channels[kMostChannels];         ///< that changed
  /// [changed channel][row][pixel] where a table row for it and the two to its right lies
  alignas(64) std::uint16_t codes[kMostChannels][kMostDim][kMostDim];
  std::uint32_t touched[kMostDim];                     ///< windows whose input differs
  std::uint16_t start[kMostDim][kStarts];              ///< [input row][pixel] first entry
  alignas(64) std::uint16_t counts[kStarts];           ///< changed columns of a row's windows
  alignas(64) Word keep[kMostOutWords];                ///< neurons that are not computed by themselves
  alignas(64) Word singles[kMostOutWords];             ///< neurons with one flipped weight
  std::uint16_t single_of[kMostOutWords * kWordBits];  ///< of those, where the trial has them
  /// What changed thresholds add to margins: [chunk][bit][vector].
  alignas(64) Word shifts[kMostOutWords][kMostMarginBits][kMostOutWords];
};

struct Kernels {
  int words;  ///< of a vector
  /// Fills an image's margins, which are zero, from its complete trace.
  void (*margins)(const Network&, const Word* trace, Word* margins);
  /// All scores of an image with a trial's changed neurons.
  void (*scores)(const Network&, const Image&, const Trial&, Scratch&, std::int16_t* scores);
};

const Kernels& kernels_scalar();
const Kernels& kernels_avx2();
const Kernels& kernels_avx512();

}  // namespace fluence::delta
