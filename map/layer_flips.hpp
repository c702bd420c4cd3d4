// What a flip of one operand or of one partial sum makes of a layer's outputs on one image, in numbers:
// for every format and shape. Flips that change the same outputs in the same way have one consequence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "network/parameters.hpp"
#include "network/trace_layout.hpp"

namespace fluence {

/// An output that differs before the layer's pool: its new code or, of a layer without thresholds,
/// score.
struct ChangedChannel {
  std::uint16_t channel = 0;
  std::uint16_t code = 0;
  bool operator==(const ChangedChannel&) const = default;
};

class LayerFlips {
 public:
  /// Parameters must outlive the object and stay as they are.
  LayerFlips(const Parameters& parameters, const TraceLayout& layout, int layer);

  /// Takes the layer's input from a fault-free image's trace, which must stay until the next one. What
  /// follows from it is computed when it is first asked for.
  void load(std::span<const std::uint64_t> trace);

  [[nodiscard]] const Layer& layer() const { return *layer_; }
  /// Output channels, ascending, that the flip of an operand's bit changes, if it is there from neuron
  /// fold 0 on. `bit`: of all operands of the output pixel's window, column x bits of an input + bit.
  [[nodiscard]] std::span<const ChangedChannel> operand(int pixel, int bit);
  /// Where those begin among those of all operands, and how many that are.
  [[nodiscard]] std::size_t first_change(int pixel, int bit);
  [[nodiscard]] std::size_t changes();
  /// Whether the bit of a row's sum is set after so many synapse folds, 1 or more.
  [[nodiscard]] bool is_set(int pixel, int channel, int folds, int bit);
  /// The output's code if that bit, which is set or not, is inverted.
  [[nodiscard]] std::uint16_t flipped(int pixel, int channel, int bit, bool set);
  /// Its code without faults.
  [[nodiscard]] std::uint16_t code(int pixel, int channel);

 private:
  /// Sums that a channel's output is right for: least < sum <= most.
  struct Bounds {
    std::int32_t least = 0, most = 0;
  };
  /// By how much a flipped input moves a sum: factor * weight + offset.
  struct Move {
    std::int32_t factor = 0, offset = 0;
  };
  void compute_sums();
  void compute_operands();
  void add_operand(const Move& move, int column, const std::int32_t* sums,
                   const std::vector<Bounds>& bounds);
  [[nodiscard]] std::uint16_t code_of(int channel, std::int32_t sum) const;
  [[nodiscard]] Bounds bounds(int channel, std::int32_t sum) const;
  [[nodiscard]] Move move(std::uint8_t code, int bit) const;
  [[nodiscard]] std::int32_t wrapped(std::uint32_t sum) const;
  [[nodiscard]] std::size_t row(int pixel, int channel) const {
    return static_cast<std::size_t>(pixel) * static_cast<std::size_t>(layer_->out_channels) +
           static_cast<std::size_t>(channel);
  }

  const Parameters* parameters_;
  const Layer* layer_;
  TraceTensor input_;
  std::span<const std::uint64_t> trace_;
  std::vector<std::int16_t> weights_;  ///< [column][channel]; where bits are compared, the bit
  std::vector<std::int32_t> partial_;  ///< [pixel][channel][synapse fold]: sums with it
  std::vector<std::uint32_t> first_;   ///< [pixel][operand bit], and the end
  std::vector<ChangedChannel> changed_;
};

}  // namespace fluence
