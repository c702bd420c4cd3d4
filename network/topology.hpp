// A network in a hardware: layer shapes, number formats and folding, as two files say them
// (network/network_file.hpp).
//
// Everything else that depends on a network's shape (inference, RTL, injectable sites, cycle model,
// parameter files) is derived from what stands here. Folding vocabulary follows FINN
// (Umuroglu et al., arXiv:1612.07119): a matrix-vector unit has PE rows and SIMD columns and walks a
// matrix of NF = rows/PE neuron folds by SF = columns/SIMD synapse folds, one fold a cycle.
#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bits.hpp"
#include "codec/codec.hpp"
#include "network/board_timing.hpp"

namespace fluence {

/// Where a layer's or a pool's output pixel takes its inputs from: at (y, x) it takes those of height x
/// width pixels, from row y * stride_y - top and column x * stride_x - left on. Pixels outside of the
/// map are 0 to a layer, and nothing to a pool.
struct Window {
  int height = 1;
  int width = 1;
  int stride_y = 1;
  int stride_x = 1;
  int top = 0, left = 0, bottom = 0, right = 0;  ///< rows and columns of padding

  [[nodiscard]] int taps() const { return height * width; }
  [[nodiscard]] bool padded() const { return top > 0 || left > 0 || bottom > 0 || right > 0; }
  /// Rows (columns) of what is computed of a map of so many.
  [[nodiscard]] int rows_of(int rows) const { return (rows + top + bottom - height) / stride_y + 1; }
  [[nodiscard]] int columns_of(int columns) const {
    return (columns + left + right - width) / stride_x + 1;
  }
  bool operator==(const Window&) const = default;
};

/// A window of side x side pixels, `stride` pixels apart, without padding.
constexpr Window square_window(int side, int stride = 1) { return {side, side, stride, stride}; }

/// What a code of so many bits stands for: two's complement or, without a sign, 0 and up. One bit with a
/// sign is -1 or +1.
struct NumberFormat {
  int bits = 8;
  bool is_unsigned = false;

  [[nodiscard]] int least() const { return is_unsigned ? 0 : bits == 1 ? -1 : -(1 << (bits - 1)); }
  [[nodiscard]] int most() const {
    return is_unsigned ? (1 << bits) - 1 : bits == 1 ? 1 : (1 << (bits - 1)) - 1;
  }
  /// The largest magnitude.
  [[nodiscard]] int magnitude() const { return is_unsigned ? most() : -least(); }
  /// The step from a number to the next one.
  [[nodiscard]] int step() const { return bits == 1 && !is_unsigned ? 2 : 1; }
  /// The number of a code, whose bits above `bits` are 0; and the code of a number.
  [[nodiscard]] int number(std::uint32_t code) const {
    return bits == 1 && !is_unsigned ? 2 * static_cast<int>(code) - 1
           : is_unsigned             ? static_cast<int>(code)
                                     : sign_extend(code, bits);
  }
  [[nodiscard]] std::uint32_t code(int number) const {
    return bits == 1 && !is_unsigned ? (number > 0 ? 1U : 0U)
                                     : static_cast<std::uint32_t>(number) & ((1U << bits) - 1);
  }
  bool operator==(const NumberFormat&) const = default;
};

/// One convolutional or fully connected layer and the matrix-vector unit that computes it.
struct Layer {
  int index = 0;
  bool convolution = false;  ///< otherwise fully connected: its window is the whole map
  Window window{};
  int in_height = 1;  ///< input is in_height x in_dim x in_channels
  int in_dim = 1;
  int in_channels = 0;
  int out_height = 1;  ///< output is out_height x out_dim x out_channels
  int out_dim = 1;
  int out_channels = 0;
  int simd = 1;      ///< columns computed a cycle
  int pe = 1;        ///< rows computed a cycle
  int in_bits = 1;   ///< bits of one input activation
  int out_bits = 1;  ///< bits of one output activation; without thresholds: of one score, 16 or 32
  bool in_unsigned = false;   ///< NumberFormat::is_unsigned
  bool out_unsigned = false;  ///< likewise
  /// The lowest number that an input has without faults, and that an output has: below all thresholds.
  int in_least = -1;
  int out_least = -1;
  int weight_bits = 1;        ///< 1: bit b means 2b-1; more: two's complement
  int thresholds = 0;         ///< thresholds an output; 0: the accumulator itself is the output
  int accumulator_bits = 16;  ///< also the width of a threshold word
  int fraction_bits = 0;      ///< of these bits, where the inputs are pixel codes; else 0
  bool xnor = false;          ///< accumulate matching bits instead of sum(w*a)
  bool pool = false;          ///< a max pool follows
  Window pool_window = square_window(2, 2);
  int out_stream_width = 64;  ///< bits of the stream that leaves the layer (and its pool)
  int out_fifo_depth = 2;     ///< depth of that stream's FIFO (after the pool, if there is one)
  const Codec* weight_codec = &plain_codec();  ///< how the weight memories store their words
  const Codec* threshold_codec = &plain_codec();
  /// Whether the memories are read synchronously: a word is taken over into a register at the end of the
  /// cycle before its access.
  bool synchronous_weights = false, synchronous_thresholds = false;

  /// Columns of the window.
  [[nodiscard]] int kernel() const { return window.width; }
  [[nodiscard]] NumberFormat in_format() const { return {in_bits, in_unsigned}; }
  [[nodiscard]] NumberFormat out_format() const { return {out_bits, out_unsigned}; }
  [[nodiscard]] NumberFormat weight_format() const { return {weight_bits}; }
  /// The highest number of an output: above all thresholds.
  [[nodiscard]] int out_most() const { return out_least + thresholds * out_format().step(); }
  /// Whether the inputs are pixel codes (network/images.hpp), of whose bits all but the sign are
  /// fraction.
  [[nodiscard]] bool takes_pixels() const { return fraction_bits > 0; }
  /// What the accumulator adds is sum(w*a) times a power of two: this one.
  [[nodiscard]] int accumulator_shift() const {
    return takes_pixels() ? fraction_bits - (in_bits - 1) : 0;
  }
  /// No sum leaves -most_sum() .. most_sum(), whatever the weights and inputs.
  [[nodiscard]] long most_sum() const {
    return (matrix_width() * long{weight_format().magnitude()} * in_format().magnitude())
           << accumulator_shift();
  }
  [[nodiscard]] int matrix_width() const { return window.taps() * in_channels; }
  [[nodiscard]] int matrix_height() const { return out_channels; }
  [[nodiscard]] int synapse_folds() const { return matrix_width() / simd; }
  [[nodiscard]] int neuron_folds() const { return matrix_height() / pe; }
  [[nodiscard]] int in_pixels() const { return in_height * in_dim; }
  [[nodiscard]] int out_pixels() const { return out_height * out_dim; }
  /// Of what the next layer takes.
  [[nodiscard]] int next_height() const { return pool ? pool_window.rows_of(out_height) : out_height; }
  [[nodiscard]] int next_dim() const { return pool ? pool_window.columns_of(out_dim) : out_dim; }
  [[nodiscard]] int next_pixels() const { return next_height() * next_dim(); }
  [[nodiscard]] bool is_protected() const {
    return !is_plain(*weight_codec) || !is_plain(*threshold_codec);
  }
  /// Whether the RTL has a memory cell for each PE (and threshold), not an array of registers.
  [[nodiscard]] bool weights_in_cells() const { return !is_plain(*weight_codec) || synchronous_weights; }
  [[nodiscard]] bool thresholds_in_cells() const {
    return !is_plain(*threshold_codec) || synchronous_thresholds;
  }
  /// Whether it and its pool are of the kind that the published networks are made of: convolutions of 3
  /// x 3 or layers on one pixel, stride 1, no padding, pools of 2 x 2, squares, activations of one or
  /// two bits with a sign.
  [[nodiscard]] bool is_classic() const;
  /// Whether it is but for its numbers, which are those of `has_plane_numbers`.
  [[nodiscard]] bool is_nearly_classic() const;
  /// Whether its numbers are of a kind that counts of bits compute, as in the published networks: those
  /// of a classic layer, and also products of one bit that are added up, a score that is a bit (of one
  /// threshold, without a sign), and words of inputs of two bits that are those of up to 64 weights.
  [[nodiscard]] bool has_plane_numbers() const;
  /// Whether its products are of numbers -1 and +1 and what adds up is these, not the equal bits.
  [[nodiscard]] bool adds_signs() const {
    return !xnor && in_bits == 1 && !in_unsigned && weight_bits == 1;
  }
  /// Words of one PE's weight memory, each `weight_word_bits()` wide (WMEM).
  [[nodiscard]] int weight_words() const { return synapse_folds() * neuron_folds(); }
  [[nodiscard]] int weight_word_bits() const { return simd * weight_bits; }
  /// Limbs of 64 bits that hold such a word.
  [[nodiscard]] int weight_limbs() const { return limbs_of(weight_word_bits()); }
  /// Words of one PE's threshold memory, each `thresholds` x `accumulator_bits` (TMEM).
  [[nodiscard]] int threshold_words() const { return thresholds == 0 ? 0 : neuron_folds(); }
  /// Susceptible bits of all weight (threshold) memories of the layer.
  [[nodiscard]] long weight_bit_count() const {
    return static_cast<long>(pe) * weight_words() * weight_word_bits();
  }
  [[nodiscard]] long threshold_bit_count() const {
    return static_cast<long>(pe) * threshold_words() * thresholds * accumulator_bits;
  }
  bool operator==(const Layer&) const = default;
};

/// Bits of a stored word of parameters, check bits included, and of a word that enters a matrix-vector
/// unit.
inline constexpr int kMostWordBits = 4096;

/// Sets of pixels of a map that the fast engine follows from layer to layer are words of so many bits
/// (fault/pixel_set.hpp).
inline constexpr int kMostSide = 32;

/// A pixel's value from which on its sign is +1.
inline constexpr int kBrightPixel = 128;

/// What a network takes: height x width pixels of so many channels, and what a value is.
struct ImageShape {
  int height = 0;
  int width = 0;
  int channels = 0;
  NumberFormat numbers{};
  /// Values are bytes of pixels, which the network takes as codes (pixel_code() in network/images.hpp).
  bool pixel_codes = true;
  /// Values are bytes of pixels of which the network takes the sign: +1 from kBrightPixel on, else -1.
  bool pixel_signs = false;
  /// Codes that are in memory: those of the values, and 0 up to so many; 0: those of the values.
  int filled = 0;

  constexpr ImageShape() = default;
  /// Pixels of a square.
  constexpr ImageShape(int side, int of_channels) : ImageShape(side, side, of_channels, {}, true) {}
  constexpr ImageShape(int rows, int columns, int of_channels, NumberFormat format, bool codes = false)
      : height(rows), width(columns), channels(of_channels), numbers(format), pixel_codes(codes) {}

  [[nodiscard]] int pixels() const { return height * width; }
  [[nodiscard]] int values() const { return pixels() * channels; }
  [[nodiscard]] int codes() const { return filled > 0 ? filled : values(); }
  /// Bits that a value has in memory: a power of two, so that none lies in two words.
  [[nodiscard]] int value_bits() const {
    return static_cast<int>(std::bit_ceil(static_cast<unsigned>(numbers.bits)));
  }
  /// 64-bit memory words of one image.
  [[nodiscard]] int words() const { return (codes() * value_bits() + 63) / 64; }
  bool operator==(const ImageShape&) const = default;
};

/// Thresholds that turn the values of an image into what layer 0 takes, counted like those of a layer.
struct InputThresholds {
  int thresholds = 0;        ///< a value is compared with; 0: layer 0 takes the values themselves
  bool per_channel = false;  ///< each channel has its own; otherwise all have the same

  bool operator==(const InputThresholds&) const = default;
};

/// How scores become a class (network/decision.hpp).
enum class Decision : std::uint8_t {
  from_zero,    ///< from class 0 and score 0 on, a later class wins with a strictly higher score
  highest,      ///< the highest score, of equal ones the first
  highest_bit,  ///< the last class whose score is not 0, or class 0
  sign          ///< of two classes by one score: 1 if it is above 0
};

/// Where the bits of a memory lie, for upsets that hit several. Nothing that is computed or built
/// depends on it.
struct MemoryLayout {
  int width = 0;       ///< bits of a word that lie side by side, as in one block RAM; 0: the whole word
  int interleave = 1;  ///< words of a row, and so columns between neighbouring bits of a word
  bool operator==(const MemoryLayout&) const = default;
};

/// A network in a hardware: its layers in dataflow order.
struct Topology {
  std::string name;  ///< of the hardware; of a network's default hardware usually that of the network
  std::string network{};  ///< of the network
  std::vector<Layer> layers{};
  int image_fifo_depth = 128;    ///< of the stream of pixels before layer 0
  NumberFormat image_numbers{};  ///< of the values of an image
  /// Of an image whose codes layer 0 takes side by side on one pixel, filled up to its inputs. Without
  /// values: layer 0 takes the image as it is.
  ImageShape flat_image{};
  InputThresholds input{};
  Decision decision = Decision::from_zero;
  std::optional<BoardTiming> board{};  ///< what boards recorded of this hardware, if they did
  /// By the name of a space (rtl/site.hpp), those that the hardware's file states.
  std::map<std::string, MemoryLayout, std::less<>> layouts{};

  [[nodiscard]] MemoryLayout layout_of(std::string_view space) const {
    const auto it = layouts.find(space);
    return it == layouts.end() ? MemoryLayout{} : it->second;
  }
  [[nodiscard]] const Layer& layer(int index) const {
    return layers.at(static_cast<std::size_t>(index));
  }
  [[nodiscard]] ImageShape image() const {
    const auto& first = layers.front();
    if (is_flat()) {
      auto shape = flat_image;
      shape.numbers = image_numbers;
      shape.filled = first.in_channels;
      return shape;
    }
    return {first.in_height, first.in_dim, first.in_channels, image_numbers, first.takes_pixels()};
  }
  /// What the accelerator takes of it, as it is in memory: the image or, where there are input
  /// thresholds, what the host makes of its values by these.
  [[nodiscard]] ImageShape stored_image() const {
    auto shape = image();
    if (input.thresholds > 0) {
      shape.numbers = layers.front().in_format();
    }
    return shape;
  }
  [[nodiscard]] bool is_flat() const { return flat_image.values() > 0; }
  /// Rows of input thresholds.
  [[nodiscard]] int input_rows() const {
    return input.thresholds == 0 ? 0 : input.per_channel ? layers.front().in_channels : 1;
  }
  /// Bits of an input threshold: any that a value can be above, or not.
  [[nodiscard]] int input_threshold_bits() const { return image_numbers.bits + 1; }
  /// Scores of one image; the first ones are those of the classes.
  [[nodiscard]] int scores() const { return layers.back().out_channels; }
  /// Names of classes that there can be.
  [[nodiscard]] int most_classes() const { return decision == Decision::sign ? 2 : scores(); }
  /// Bits that a score has in memory: a power of two, so that none lies in two words.
  [[nodiscard]] int score_bits() const {
    return static_cast<int>(std::bit_ceil(static_cast<unsigned>(layers.back().out_bits)));
  }
  /// 64-bit memory words of one image's scores.
  [[nodiscard]] int score_words() const { return (scores() * score_bits() + 63) / 64; }
  /// Whether some memory stores its words by a codec.
  [[nodiscard]] bool is_protected() const;
  /// Whether some memory is built of memory cells.
  [[nodiscard]] bool has_cells() const;
  /// Whether every layer is, on the pixels of images, and scores have 16 bits.
  [[nodiscard]] bool is_classic() const;
  /// Whether every layer nearly is, on images that are pixel codes or flat.
  [[nodiscard]] bool is_nearly_classic() const;
  bool operator==(const Topology&) const = default;
};

/// All hardwares in networks/, by name, each with its network.
const std::vector<Topology>& all_topologies();

/// The hardware of that name, or the default hardware of the network of that name
/// (network/known_networks.hpp takes paths, too). Throws InputError naming the known ones.
const Topology& topology(std::string_view name);

/// Identity of what is computed, whatever its name and hardware: 16 hex digits.
std::string network_digest(const Topology& net);
/// Identity of a hardware with what it computes, whatever their names.
std::string hardware_digest(const Topology& net);

/// Throws InputError naming layer, rule and remedy if a network has a shape, a number format or a
/// folding that the inference does not compute. What else the RTL asks for: `require_buildable`.
void require_computable(const Topology& net);

}  // namespace fluence
