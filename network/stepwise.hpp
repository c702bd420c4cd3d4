// Output pixels computed step by step, as the RTL does: for where a flip makes a step see another
// operand or sum than the one before it, and for activation codes that no fault-free run has. Layers
// that nearly are classic by counts of bits, as the RTL has them, all others by their numbers.
//
// A two-bit activation with the code 10 stands for -2. The traces' bit planes can hold it, the kernels
// for the published networks' layers cannot compute with it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "network/parameters.hpp"
#include "network/transient.hpp"

namespace fluence {

class Stepwise {
 public:
  /// `parameters`, which must outlive the object, are read when a pixel is computed.
  explicit Stepwise(const Parameters& parameters);

  /// Computes an output pixel of a layer. `in`, `out`: the layer's tensors of a trace, as
  /// `TraceLayout` has them; `flips`: the
  /// pixel's operands and sums. Output channels that no flip reaches are left alone unless `all`.
  void compute(int layer, const std::uint64_t* in, std::uint64_t* out, int pixel,
               std::span<const Transient> flips, bool all);
  /// Computes a pixel of the max pool behind a layer. `in`: the layer's output, `out`: the next layer's
  /// input; `flips`: the pixel's partial maxima.
  void pool(int layer, const std::uint64_t* in, std::uint64_t* out, int pixel,
            std::span<const Transient> flips);
  /// Changes a bit of a layer's input or output tensor. Returns whether it is another one then.
  bool flip(const Transient& flip, std::uint64_t* tensor) const;
  /// Whether a pixel of a layer's input or output has a code 10.
  [[nodiscard]] static bool has_code_10(const std::uint64_t* pixel, std::size_t pixel_words);

 private:
  /// The stream's word, in the form in which the layer's arithmetic wants it.
  struct Operand {
    std::uint64_t raw = 0;  ///< of two-bit inputs and one-bit weights, which may be 128 bits: nothing
    std::uint64_t first = 0, second = 0;  ///< of those: the planes
  };
  [[nodiscard]] bool counts_bits(const Layer& layer) const {
    return counts_bits_[static_cast<std::size_t>(layer.index)];
  }
  void load_operands(const Layer& layer, const std::uint64_t* in, int pixel);
  void load_codes(const Layer& layer, const std::uint64_t* in, int pixel);
  static void prepare(const Layer& layer, Operand& operand);
  void change(const Layer& layer, const Transient& flip);
  static std::int32_t dot(const Layer& layer, const Operand& operand, std::uint64_t weights);
  [[nodiscard]] std::int32_t dot_codes(const Layer& layer, int fold,
                                       std::span<const std::uint64_t> weights) const;
  /// Content of the accumulator that holds an output channel, when its row is complete.
  [[nodiscard]] std::int32_t sum(const Layer& layer, int channel,
                                 std::span<const Transient> flips) const;
  void store(const Layer& layer, std::uint64_t* out, int pixel, int channel, std::int32_t sum) const;

  const Parameters* parameters_;
  std::vector<bool> counts_bits_;    ///< [layer]
  std::vector<Operand> operands_;    ///< [synapse fold], where bits are counted,
  std::vector<std::uint8_t> codes_;  ///< else [column]
};

}  // namespace fluence
