// The fast inference: bits of 64 channels in a machine word, eight neurons in a vector.
//
// Gives exactly what ReferenceNetwork gives, for any content of the parameter memories. It can start
// from any layer, and recompute any windows of any neurons, so that a fault costs what it changes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "network/general_layer.hpp"
#include "network/images.hpp"
#include "network/input_planes.hpp"
#include "network/isa.hpp"
#include "network/parameters.hpp"
#include "network/trace_layout.hpp"

namespace fluence {

/// Windows of a layer: bit x of word y.
using WindowRows = std::array<unsigned, kMostSide>;

/// Copyable; all const members may be called from several threads at once.
class PackedNetwork {
 public:
  /// Later changes of `parameters` have no effect. The topology must outlive the network; `isa` must be
  /// available. Throws like `require_computable`.
  explicit PackedNetwork(const Parameters& parameters, Isa isa = default_isa());

  [[nodiscard]] const Topology& net() const { return *net_; }
  [[nodiscard]] const TraceLayout& layout() const { return layout_; }
  /// Whether a kernel is made for the layer's very shape and numbers. All others are computed by the one
  /// for any.
  [[nodiscard]] static bool has_own_kernel(const Layer& layer);

  /// Replaces one word of a weight memory (Parameters::weight_word), or one threshold. Setting the old
  /// value undoes it.
  void set_weight(int layer, int pe, int word, std::span<const std::uint64_t> value);
  void set_threshold(int layer, int pe, int word, int thresh, std::int32_t value);

  /// All scores of one image of the network's shape.
  [[nodiscard]] Scores run(const Image& image) const;

  /// Writes the image's tensor. Traces hold `layout().words()` words.
  void set_image(const Image& image, std::span<std::uint64_t> trace) const;
  /// Computes layer `layer` and all later ones from the layer's input in the trace.
  void run_from(int layer, std::span<std::uint64_t> trace) const;
  /// The scores that a trace ends with.
  [[nodiscard]] Scores scores(std::span<const std::uint64_t> trace) const;
  /// Appends them, so that many images need one allocation.
  void append_scores(std::span<const std::uint64_t> trace, Scores& scores) const;

  /// The group of neurons that an output channel belongs to, below 64: of eight, or of more in a layer
  /// of more than 512.
  [[nodiscard]] static int group_of(const Layer& layer, int channel);
  [[nodiscard]] static std::uint64_t all_groups(const Layer& layer);
  /// Whether convolutions are looked up (packed::Convolution).
  [[nodiscard]] bool looks_up() const { return kernels_->convolution != nullptr; }
  /// Computes some output pixels ("windows", y * out_dim + x, ascending) of a layer for the groups whose
  /// bit is set (and maybe for others). `in`, `out`: the layer's input and output tensor;
  /// one byte behind layer 0's input is read as well, and has no effect. Bits of no value stay as they
  /// are.
  void compute(int layer, const std::uint64_t* in, std::uint64_t* out,
               std::span<const std::uint16_t> windows, std::uint64_t groups) const;
  /// Computes some pixels of the max pool behind a layer. `in`: the layer's output, `out`: the next
  /// layer's input.
  void pool(int layer, const std::uint64_t* in, std::uint64_t* out,
            std::span<const std::uint16_t> pixels) const;

 private:
  /// Which of the kernels computes a layer.
  enum class Kernel : std::uint8_t { general, first, bits, scores };
  struct Tables {
    Kernel kernel{};
    bool general_pool = false;  ///< the pool behind the layer, if there is one, is none of the published
    std::vector<PackedBlock> weights;     ///< as packed::BitLayer or FirstLayer
    std::vector<PackedBlock> thresholds;  ///< as packed::BitLayer or FirstLayer
    std::vector<std::uint16_t> terms;     ///< weights as packed::FirstLayer
    std::vector<std::int32_t> raw;        ///< FirstLayer only: thresholds as stored, [neuron][thresh]
    std::vector<std::uint32_t> origins;   ///< [window]
    std::vector<PackedBlock> indices;  ///< weights as packed::Convolution, where there is a kernel of it
    std::vector<PackedBlock> limits;   ///< thresholds as packed::Convolution, likewise
  };

  static Kernel kernel_of(const Layer& layer);
  static std::optional<packed::Format> format_of(const Layer& layer);
  void look_up(int layer, const std::uint64_t* in, std::uint64_t* out, const WindowRows& rows) const;
  void pool_generally(int layer, const std::uint64_t* in, std::uint64_t* out,
                      std::span<const std::uint16_t> pixels) const;
  [[nodiscard]] Tables make_tables(const Layer& layer) const;
  void set_all(const Layer& layer, const Parameters& parameters);
  [[nodiscard]] const Layer& layer(int index) const { return net_->layer(index); }
  /// Up to 64 weights, which lie within one word of columns.
  void set_columns(const Layer& layer, int row, int column, int count,
                   std::span<const std::uint64_t> value);
  void set_first_weight(const Layer& layer, int row, int sf, std::uint64_t value);
  void refresh_first_thresholds(const Layer& layer, int row);

  const Topology* net_;
  const packed::Kernels* kernels_;
  TraceLayout layout_;
  InputPlanes input_;
  std::vector<Tables> data_;                          ///< [layer]
  std::vector<std::optional<GeneralLayer>> general_;  ///< [layer] without a kernel of its own
  std::vector<std::uint16_t> count_up_;               ///< 0, 1, ...: all pixels of any tensor
};

}  // namespace fluence
