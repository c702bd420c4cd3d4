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

template <Format kFormat>
inline constexpr int kPlanes = kFormat == Format::w1a1 ? 1 : 2;
template <Format kFormat>
inline constexpr int kWeightPlanes = kFormat == Format::w2a2 ? 2 : 1;

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

inline constexpr int kMostLookupWords = 4;

/// A convolution of 3 x 3 pixels as the kernel sees it that looks products up.
struct Convolution {
  /// [64 neurons][plane][column / 4][lane], the bits of four columns a byte.
  const std::uint8_t* weights;
  /// Thresholds of BitLayer, clamped: [64 neurons][thresh][32 neurons][even or odd ones][lane].
  const std::int16_t* limits;
  int in_dim, out_dim;
  std::uint32_t out_stride;  ///< output bytes from one window to the next
  Format format;
  std::uint8_t channel_words;  ///< 64-channel words of an input pixel, at most kMostLookupWords
  std::uint8_t out_words;      ///< of an output pixel and plane
};

inline constexpr int kFirstRows = 3;
inline constexpr int kFirstColours = 3;
inline constexpr int kFirstRowBytes = 9;  ///< three pixels of three colours
/// A row's bytes in pairs; the odd byte out is paired with its neighbour in memory at weight 0.
inline constexpr int kFirstPairs = kFirstRows * ((kFirstRowBytes + 1) / 2);
inline constexpr int kFirstBlock = 32;      ///< neurons computed together, one in each 16-bit lane
inline constexpr int kFirstRowPixels = 32;  ///< no row of an image has more
inline constexpr int kFirstPatterns = 8;    ///< of a bit of a pixel's three weights
inline constexpr int kFirstTerms = 2 * kFirstRows;

/// A layer on the image: pixel codes + 128 as unsigned bytes, times small signed weights.
struct FirstLayer {
  const std::int8_t* weights;      ///< [block][pair][lane][2]
  const std::int16_t* thresholds;  ///< [block][thresh][lane]: neuron passes if its sum is greater
  /// [neuron][bit of weights][row of a window][two pixels or the third]: where a row's sums have the one
  /// of their weights' bits, those of the first pixel lowest. The third's are behind those of two.
  const std::uint16_t* terms;
  const std::uint32_t* origins;  ///< [window] first input byte
  std::uint32_t row_stride;      ///< input bytes from one row of a window to the next
  std::uint32_t out_stride;      ///< output bytes from one window to the next
  int planes;                    ///< of an output activation, 1 or 2; equals the thresholds
  int blocks;
  int weight_bits;  ///< 1 or 2
  int in_dim, out_dim;
};

/// Windows of pixels side by side on a map; those of its pixels that lie outside of it do not count.
struct Region {
  int map_height, map_width;
  int height, width;
  int stride_y, stride_x;
  int top, left;  ///< padding
};

inline constexpr int kBlock = 16;  ///< neurons of a general layer computed together
/// From one row of GeneralTables::sorted to the next: the highest of each sixteen thresholds, then
/// those.
inline constexpr int kSortedStride = 16 + 256;

/// A layer of any shape and of any numbers. With P the products of weights and activations,
/// accumulator = (sum(P) << shift) + offset of the neuron + in_factor * sum of the window's activations;
/// those are numbers, or codes of which bit planes hold the bits.
struct GeneralShape {
  Region region;  ///< a window that is the whole input is one pixel of all its values
  int in_channels;
  int out_width;          ///< windows of a row
  int rows;               ///< neurons
  int words;              ///< of a window: words of 64 columns, or pairs of numbers
  int row_words;          ///< those of a row of a window, each row from the begin of one
  int last_word_columns;  ///< of planes: in the last word of a row
  int map_row;            ///< of numbers: those in a row of the padded map
  bool gathers;           ///< of planes: a window is not the whole input as it lies there
  bool padded;
  bool bytes;  ///< of numbers: the input is pixel codes + 128, a byte each
  bool wraps;  ///< a sum may leave the accumulator
  int weight_planes;
  int in_planes;
  int out_planes;
  int thresholds;  ///< 0: the sums are the scores
  int shift;
  std::int32_t in_factor;
  std::int32_t wrap_mask;  ///< the accumulator's bits
  std::int32_t wrap_sign;  ///< its highest one
  std::int32_t out_code;   ///< of an output below all thresholds
  std::int32_t in_sign;    ///< of planes: -1 if the highest one is a sign, else 0
  std::int16_t in_least;   ///< of numbers: that of code 0, and what each bit of a code adds
  std::int16_t in_values[8];
};

/// Its parameters. Neurons that fill the last block up have weights 0, as have columns that fill a row
/// up.
struct GeneralTables {
  const std::uint64_t* weights;    ///< of planes: [block][plane][column word][lane]
  const std::int16_t* numbers;     ///< or of numbers: [block][pair of columns][lane][2]
  const std::int32_t* pairs;       ///< of numbers: [pair of columns], from a window's first number on
  const std::int32_t* offsets;     ///< [block][lane]
  const std::int32_t* thresholds;  ///< [block][thresh][lane], or, if there are many,
  const std::int32_t* sorted;      ///< [neuron] ascending, in kSortedStride numbers; else none
};

/// What to compute of such a layer: some windows, one or more, of some blocks (all ascending).
struct GeneralWork {
  const std::uint16_t* windows;
  int window_count;
  const std::uint16_t* blocks;
  int block_count;
  void* room;  ///< for the planes of a window, or the numbers of the input and of the padded map
};

/// A max pool of numbers of any format.
struct GeneralPool {
  Region region;
  int channels;
  int out_width;
  std::uint64_t sign;  ///< all bits if the highest plane is a sign, else 0
};

/// What to compute: some windows of some groups (ascending).
struct Work {
  const std::uint16_t* windows;
  int window_count;
  const std::uint8_t* groups;
  int group_count;
};

inline constexpr int kMostNumberPlanes = 8;
inline constexpr int kMostPlanes = 4;  ///< of an input that `planes` computes with

struct Kernels {
  /// [planes of an input - 1].
  void (*planes[kMostPlanes])(const GeneralShape&, const GeneralTables&, const std::uint64_t* in,
                              std::uint64_t* out, const GeneralWork&);
  void (*numbers)(const GeneralShape&, const GeneralTables&, const std::uint64_t* in, std::uint64_t* out,
                  const GeneralWork&);
  /// [planes of a number - 1]. Computes some pixels.
  void (*pool[kMostNumberPlanes])(const GeneralPool&, const std::uint64_t* in, std::uint64_t* out,
                                  const std::uint16_t* pixels, int count);
  /// Computes whole blocks: all that hold a wanted group.
  void (*first)(const FirstLayer&, const std::uint8_t* in, std::uint8_t* out, const Work&);
  /// The groups of the windows whose bit is set, wanted[y] >> x, and no others.
  void (*first_rows)(const FirstLayer&, const std::uint8_t* in, std::uint8_t* out, const Work&,
                     const unsigned* wanted);
  void (*bits)(const BitLayer&, const std::uint64_t* in, std::uint8_t* out, const Work&);
  /// All neurons of the windows whose bit is set, wanted[y] >> x. None where `bits` is as fast.
  void (*convolution)(const Convolution&, const std::uint64_t* in, std::uint8_t* out,
                      const unsigned* wanted);
  /// Without thresholds: writes int16 [neuron]; there is one window.
  void (*scores)(const BitLayer&, const std::uint64_t* in, std::uint8_t* out, const Work&);
};

const Kernels& kernels_scalar();
const Kernels& kernels_avx2();
const Kernels& kernels_avx512();

}  // namespace fluence::packed
