// The inner loops of the bit-packed inference, one table of them for each instruction set.
//
// packed_kernels.cpp is compiled once per instruction set. It and this header use plain pointers and no
// library templates: an inline function that got compiled with AVX-512 could otherwise be the copy that
// the linker keeps for everybody.
#pragma once

#include <cstdint>

namespace fluence::packed {

inline constexpr int kGroup = 8;  ///< neurons computed together, one in each 64-bit lane of a vector

/// Number formats of layers whose inputs are activations. They fix the bit planes of activations (a) and
/// weights (w): w1a1: a, w: the bit. w1a2: a: non-zero, negative; w: the inverted bit. w2a2: a:
/// non-zero, negative; w: bit 1, inverted bit 0.
enum class Format : std::uint8_t { w1a1, w1a2, w2a2 };

/// Such a layer as its kernel sees it. packed.cpp knows which there are kernels for.
struct BitLayer {
  const std::uint64_t* weights;    ///< [group][column word][plane][lane], 64 columns a word
  const std::int64_t* thresholds;  ///< [group][thresh][lane]
  const std::uint32_t* origins;    ///< [window] first input word
  std::uint32_t row_stride;        ///< input words from one row of a window to the next
  std::uint32_t out_stride;        ///< output bytes from one window to the next
  Format format;
  bool convolution;
  std::uint8_t channel_words;    ///< 64-channel words of an input pixel
  std::uint8_t threshold_count;  ///< an output, and planes of one
};

inline constexpr int kFirstRows = 3;
inline constexpr int kFirstRowBytes = 9;  ///< three pixels of three colours
/// A row's bytes in pairs; the odd byte out is paired with its neighbour in memory at weight 0.
inline constexpr int kFirstPairs = kFirstRows * ((kFirstRowBytes + 1) / 2);
inline constexpr int kFirstBlock = 32;  ///< neurons computed together, one in each 16-bit lane

/// A layer on the image: pixel codes + 128 as unsigned bytes, times small signed weights.
struct FirstLayer {
  const std::int8_t* weights;      ///< [block][pair][lane][2]
  const std::int16_t* thresholds;  ///< [block][thresh][lane]: neuron passes if its sum is greater
  const std::uint32_t* origins;    ///< [window] first input byte
  std::uint32_t row_stride;        ///< input bytes from one row of a window to the next
  std::uint32_t out_stride;        ///< output bytes from one window to the next
  int planes;                      ///< of an output activation, 1 or 2; equals the thresholds
  int blocks;
};

/// What to compute: some windows of some groups (ascending).
struct Work {
  const std::uint16_t* windows;
  int window_count;
  const std::uint8_t* groups;
  int group_count;
};

struct Kernels {
  /// Computes whole blocks: all that hold a wanted group.
  void (*first)(const FirstLayer&, const std::uint8_t* in, std::uint8_t* out, const Work&);
  void (*bits)(const BitLayer&, const std::uint64_t* in, std::uint8_t* out, const Work&);
  /// Without thresholds: writes int16 [neuron]; there is one window.
  void (*scores)(const BitLayer&, const std::uint64_t* in, std::uint8_t* out, const Work&);
};

const Kernels& kernels_scalar();
const Kernels& kernels_avx2();
const Kernels& kernels_avx512();

}  // namespace fluence::packed
