// A network in a hardware: layer shapes, number formats and folding, as two files say them
// (network/network_file.hpp).
//
// Everything else that depends on a network's shape (inference, RTL, injectable sites, cycle model,
// parameter files) is derived from what stands here. Folding vocabulary follows FINN
// (Umuroglu et al., arXiv:1612.07119): a matrix-vector unit has PE rows and SIMD columns and walks a
// matrix of NF = rows/PE neuron folds by SF = columns/SIMD synapse folds, one fold a cycle.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "network/board_timing.hpp"

namespace fluence {

/// One convolutional or fully connected layer and the matrix-vector unit that computes it.
struct Layer {
  int index = 0;
  bool convolution = false;  ///< 3x3, stride 1, no padding; otherwise fully connected
  int in_dim = 1;            ///< input is in_dim x in_dim x in_channels
  int in_channels = 0;
  int out_dim = 1;  ///< output is out_dim x out_dim x out_channels
  int out_channels = 0;
  int simd = 1;               ///< columns computed a cycle
  int pe = 1;                 ///< rows computed a cycle
  int in_bits = 1;            ///< bits of one input activation (8: signed pixel code)
  int out_bits = 1;           ///< bits of one output activation (16: raw score)
  int weight_bits = 1;        ///< 1: bit b means 2b-1; 2: two's complement
  int thresholds = 0;         ///< thresholds an output; 0: the accumulator itself is the output
  int accumulator_bits = 16;  ///< also the width of a threshold word
  int fraction_bits = 0;      ///< of these bits; a pixel code has in_bits - 1 of them, other inputs none
  bool xnor = false;          ///< accumulate matching bits instead of sum(w*a)
  bool pool = false;          ///< a 2x2 max pool follows
  int out_stream_width = 64;  ///< bits of the stream that leaves the layer (and its pool)
  int out_fifo_depth = 2;     ///< depth of that stream's FIFO (after the pool, if there is one)

  [[nodiscard]] int kernel() const { return convolution ? 3 : 1; }
  /// Whether the inputs are pixel codes, not activations.
  [[nodiscard]] bool takes_pixels() const { return in_bits > 2; }
  /// What the accumulator adds is sum(w*a) times a power of two: this one.
  [[nodiscard]] int accumulator_shift() const {
    return takes_pixels() ? fraction_bits - (in_bits - 1) : fraction_bits;
  }
  /// No accumulator can leave -most_sum() .. most_sum(), whatever the weights and inputs.
  [[nodiscard]] long most_sum() const {
    const long weight = weight_bits == 1 ? 1 : 1L << (weight_bits - 1);
    const long input = takes_pixels() ? 1L << (in_bits - 1) : 1;
    return (matrix_width() * weight * input) << accumulator_shift();
  }
  [[nodiscard]] int matrix_width() const { return kernel() * kernel() * in_channels; }
  [[nodiscard]] int matrix_height() const { return out_channels; }
  [[nodiscard]] int synapse_folds() const { return matrix_width() / simd; }
  [[nodiscard]] int neuron_folds() const { return matrix_height() / pe; }
  [[nodiscard]] int out_pixels() const { return out_dim * out_dim; }
  /// Words of one PE's weight memory, each `weight_word_bits()` wide (WMEM).
  [[nodiscard]] int weight_words() const { return synapse_folds() * neuron_folds(); }
  [[nodiscard]] int weight_word_bits() const { return simd * weight_bits; }
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

/// No map has a longer side: sets of its pixels are words of so many bits (fault/pixel_set.hpp).
inline constexpr int kMostSide = 32;

/// What a network takes: dim x dim pixels of so many channels, a value of 8 bits each.
struct ImageShape {
  int dim = 0;
  int channels = 0;

  [[nodiscard]] int values() const { return dim * dim * channels; }
  /// 64-bit memory words of one image, eight values each.
  [[nodiscard]] int words() const { return (values() + 7) / 8; }
  bool operator==(const ImageShape&) const = default;
};

/// How scores become a class.
enum class Decision {
  highest  ///< from class 0 and score 0 on, a later class wins with a strictly higher score
};

/// A network in a hardware: its layers in dataflow order.
struct Topology {
  std::string name;  ///< of the hardware; of a network's default hardware usually that of the network
  std::string network{};  ///< of the network
  std::vector<Layer> layers{};
  int image_fifo_depth = 128;  ///< of the stream of pixels before layer 0
  Decision decision = Decision::highest;
  std::optional<BoardTiming> board{};  ///< what boards recorded of this hardware, if they did

  [[nodiscard]] const Layer& layer(int index) const {
    return layers.at(static_cast<std::size_t>(index));
  }
  [[nodiscard]] ImageShape image() const { return {layers.front().in_dim, layers.front().in_channels}; }
  /// 16-bit scores of one image; the first ones are those of the classes.
  [[nodiscard]] int scores() const { return layers.back().out_channels; }
  /// 64-bit memory words of one image's scores, four each.
  [[nodiscard]] int score_words() const { return (scores() + 3) / 4; }
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
