// What lies between sums and the activations that are made of them: scales, biases, normalizations,
// quantizers; and the thresholds that say the same.
//
// Each of these nodes is monotone, also in floating point: an operation with a constant is the exact
// result of a monotone function, rounded, and rounding is monotone. So a threshold, the first whole sum
// that gives a level, is found by bisection, and equals what evaluating every sum would find.
#pragma once

#include <optional>
#include <vector>

#include "import/constants.hpp"

namespace fluence::importing {

inline constexpr int kMostActivationBits = 8;
inline constexpr int kMostThresholds = 255;
inline constexpr double kFar = 1e30;   ///< beyond every sum and every number of an input
inline constexpr double kNear = 1e-9;  ///< relative, of what was computed in double precision

class Chain {
 public:
  Chain(const Graph& graph, const Constants& constants) : graph_(&graph), constants_(&constants) {}

  void add(const Node& node) { nodes_.push_back(&node); }
  [[nodiscard]] const std::vector<const Node*>& nodes() const { return nodes_; }
  /// The place of the last quantizer; nothing without one.
  [[nodiscard]] std::optional<std::size_t> quantizer() const;
  /// Whether one number is changed behind that place, or anywhere.
  [[nodiscard]] bool changes_behind(std::size_t place) const;

  /// What the nodes from `begin` to before `end` make of a tensor. `pixels`: it has one number a
  /// channel, of whatever pixel; nodes that move numbers then keep them in order. Throws InputError
  /// naming the node.
  [[nodiscard]] Values run(Values values, std::size_t begin, std::size_t end, bool pixels) const;

 private:
  const Graph* graph_;
  const Constants* constants_;
  std::vector<const Node*> nodes_;
};

/// The real number that a row's sum s stands for: factor * s + bias.
struct Line {
  double factor = 1;
  double bias = 0;
};

/// Whole numbers from least to most.
struct Range {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

/// Activations as levels: the one that a sum gives is `least` and a step more for each of its row's
/// thresholds that it reaches. Thresholds ascend; one that every sum of the row reaches is the row's
/// least one, one that none reaches its most and 1.
struct Levels {
  NumberFormat format;
  int least = 0;
  double scale = 1;  ///< an activation q stands for scale * q + offset
  double offset = 0;
  std::vector<std::vector<std::int64_t>> thresholds;  ///< [row][threshold]
  std::vector<bool> turned;  ///< rows whose sums have to be negated first, for they count down

  [[nodiscard]] int count() const { return static_cast<int>(thresholds.front().size()); }
};

/// Those of a chain with a quantizer behind sums of rows. `form`: the shape of a tensor with one number
/// a row, at the chain's begin. `ranges`: the sums that a row reaches. Throws InputError naming the
/// node.
Levels levels_of(const Graph& graph, const Constants& constants, const Chain& chain, const Shape& form,
                 const std::vector<Line>& lines, const std::vector<Range>& ranges);

/// What nodes behind a quantizer make of its whole numbers, which must be the same for all channels and
/// as far apart. `form`: the shape behind the quantizer.
struct Scaled {
  double scale = 1;
  double offset = 0;
  std::vector<int> numbers;  ///< of each level, from the least on
};
Scaled scaled_behind(const Chain& chain, std::size_t quantizer, const Quantization& quantization,
                     const Shape& form, const std::vector<int>& levels, const Graph& graph);

}  // namespace fluence::importing
