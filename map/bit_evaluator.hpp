// What changed outputs of one neuron make of an image, as a difference to the fault-free run, where all
// weights and activations are bits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "map/bit_kernels.hpp"
#include "map/consequence.hpp"
#include "network/isa.hpp"
#include "network/parameters.hpp"
#include "network/trace_layout.hpp"

namespace fluence {

/// For networks that `supports` accepts. Gives exactly what the incremental inference gives.
class BitEvaluator {
 public:
  static bool supports(const Topology& net);

  BitEvaluator(const Parameters& parameters, const TraceLayout& layout, Isa isa = default_isa());

  /// Takes a fault-free image: its complete trace, which must stay as it is until the next one.
  void load(std::span<const std::uint64_t> trace, const Tally& tally);

  [[nodiscard]] const bits::Kernels& kernels() const { return *kernels_; }
  /// Layer 1 and later ones, with the image.
  [[nodiscard]] const bits::BitLayer& layer(int index) const { return views_[at(index)]; }

  /// From now on outputs of this neuron change.
  void start(int layer, int neuron);
  /// `rising`, `falling`: pixels behind the layer's pool, rows, in which its output becomes 1 or 0. Not
  /// for the last layer.
  BlockCounts counts(const std::uint32_t* rising, const std::uint32_t* falling);

 private:
  /// Whole cache lines, so that no vector straddles two.
  template <typename T>
  class Lines {
   public:
    void resize(std::size_t count) {
      lines_.resize((count * sizeof(T) + sizeof(Line) - 1) / sizeof(Line));
    }
    [[nodiscard]] T* data() { return reinterpret_cast<T*>(lines_.data()); }
    T& operator[](std::size_t i) { return data()[i]; }

   private:
    struct alignas(64) Line {
      std::array<std::uint64_t, 8> words{};
    };
    std::vector<Line> lines_;
  };
  /// Of a layer; layer 0 has none.
  struct Tables {
    Lines<std::int8_t> weights, limits, sums;
    Lines<std::uint64_t> weight_bits, packed;
    Lines<std::int16_t> thresholds, margins;
    std::vector<std::uint64_t> changed, pooled;  ///< outputs that differ, before and behind the pool
  };
  static std::size_t at(int index) { return static_cast<std::size_t>(index); }
  void fill(const Layer& layer, const Parameters& parameters);
  /// Behind a layer: pixels of the pooled map that differ.
  bits::Difference pool(int layer, bits::Difference from);
  BlockCounts finish(bits::Difference difference);

  const Topology* net_;
  TraceLayout layout_;
  const bits::Kernels* kernels_;
  std::vector<Tables> tables_;
  std::vector<bits::BitLayer> views_;
  Tally tally_;
  Scores scores_;
  int layer_ = 0;
  int neuron_ = 0;
  bool has_table_ = false;
  Lines<std::int8_t> table_;
  std::vector<std::uint64_t> first_;  ///< inputs that differ behind the changed neuron
  std::array<std::array<std::uint32_t, bits::kRows>, 2> rows_{};
};

}  // namespace fluence
