// What an upset in data on its way through the pipeline does to one image's arithmetic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <tuple>

namespace fluence {

/// One bit that is inverted, or set to a value, in one image. Which place in the order of the arithmetic
/// that is does not depend on data; at one place inversions commute, and nothing else does.
struct Transient {
  enum class Point {
    input,    ///< of the layer's input map; layer 0: of the pixel codes
    operand,  ///< of one word of one window, on its way into the matrix-vector unit or in its buffer
    sum,      ///< of an accumulator
    output,   ///< of the output map before the layer's pool; last layer: of the scores
    maximum,  ///< of what the pool has of a pixel so far
  };
  std::int64_t image = 0;
  int layer = 0;
  Point point{};
  /// y * dim + x. input, output: of that map; operand, sum: the output pixel; maximum: of the pool's
  /// output
  int pixel = 0;
  int index = 0;  ///< operand: synapse fold; sum: output channel
  /// operand: first neuron fold that sees it; sum: synapse folds added before; maximum: pixels folded
  /// before
  int from = 0;
  /// operand: of the stream's word; sum: of the accumulator; else of the pixel, channel x bits + bit
  int bit = 0;
  enum class Change { invert, clear, set } change{};
  /// Of those at one place: where on its way through the pipeline the bit is, how far it has come within
  /// that word, and since which cycle.
  std::size_t station = 0;
  int passed = 0;
  std::uint64_t since = 0;
  bool operator==(const Transient&) const = default;
  [[nodiscard]] auto order() const {
    return std::tie(image, layer, point, pixel, index, from, bit, station, passed, since);
  }

  /// What becomes of a word at whose bit `at` it is.
  template <typename Word>
  [[nodiscard]] Word applied(Word word, int at) const {
    const auto mask = static_cast<Word>(Word{1} << at);
    switch (change) {
      case Change::clear: return static_cast<Word>(word & ~mask);
      case Change::set: return static_cast<Word>(word | mask);
      default: return static_cast<Word>(word ^ mask);
    }
  }
};

}  // namespace fluence
