// Inference of a faulted network as a difference to the fault-free one.
//
// Where neither a window's input nor a neuron's parameters differ, the fault-free output is right. So
// each layer recomputes the changed neurons everywhere and all neurons in the windows whose input
// changed, and compares: where the outputs are equal again, nothing further on is computed. Transients
// act at their places in this; the pixels in whose arithmetic they take part are computed step by step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "fault/pixel_set.hpp"
#include "network/packed.hpp"
#include "network/stepwise.hpp"
#include "network/transient.hpp"

namespace fluence {

/// A change of a layer's parameters while it works on an image: its windows from `pixel` on see it.
struct Onset {
  int layer = 0;
  int pixel = 0;          ///< y * out_dim + x
  std::size_t fault = 0;  ///< for the caller
};

class IncrementalInference {
 public:
  /// The network that is evaluated, in two forms: `net` and, for what is computed step by step,
  /// `parameters`. Both must outlive the object and may change between runs, together.
  IncrementalInference(const PackedNetwork& net, const Parameters& parameters)
      : net_(&net),
        stepwise_(parameters),
        work_(net.layout().words()),
        follows_pixels_(net.net().is_nearly_classic() && !net.layout().shares_words()) {}

  /// Appends the scores of one image. `golden` is the image's complete trace by a network that differs
  /// from the evaluated one at most in the neuron groups `changed` [layer], a bit each. `onsets`, in
  /// order of layer and pixel, are yet to come: when all windows before the pixel are computed, `apply`
  /// is called with the fault and must change the network and the content of `changed`. `transients` are
  /// this image's, in their order.
  void run(std::span<const std::uint64_t> golden, std::span<const std::uint64_t> changed, Scores& scores,
           std::span<const Onset> onsets = {}, const std::function<void(std::size_t fault)>& apply = {},
           std::span<const Transient> transients = {});

 private:
  using Pixels = std::vector<std::uint16_t>;
  /// One layer's transients, by point.
  struct Flips {
    std::span<const Transient> input, operands, sums, output, maxima;
    [[nodiscard]] bool in_layer() const { return !operands.empty() || !sums.empty() || !output.empty(); }
  };
  /// An output pixel that is computed step by step.
  struct Special {
    int pixel = 0;
    bool all = false;  ///< all its channels
  };
  /// One call of `run`.
  struct Task {
    std::span<const std::uint64_t> golden;
    const std::function<void(std::size_t fault)>& apply;
    bool transient = false;  ///< the image has transients
  };
  /// Computes every layer as a whole whose input or parameters differ, of a network whose differing
  /// pixels are not followed.
  void run_whole(const Task& task, std::span<const std::uint64_t> changed, Scores& scores,
                 std::span<const Onset> onsets, std::span<const Transient> transients);
  void compute_whole(const Layer& layer, const Task& task, std::span<const Onset> onsets,
                     const Flips& flips);
  void pool_whole(const Layer& layer, const Task& task, std::span<const Transient> flips);
  static Flips take_flips(int layer, std::span<const Transient>& transients);
  /// Copies the tensor's golden content, lets `compute` replace the pixels of `suspects`, and returns
  /// those that differ from golden then.
  template <typename Compute>
  PixelSet replace(const TraceTensor& tensor, int dim, const PixelSet& suspects,
                   std::span<const std::uint64_t> golden, Compute compute);
  void flip_input(const Layer& layer, std::span<const Transient> flips,
                  std::span<const std::uint64_t> golden, PixelSet& different);
  /// Those of `different` pixels of a tensor in `work_` that hold a code which the packed network cannot
  /// compute with.
  [[nodiscard]] PixelSet pixels_with_code_10(const TraceTensor& tensor, int dim, int bits,
                                             const PixelSet& different) const;
  void list_special(const Layer& layer, const Flips& flips, const PixelSet& different);
  void compute_special(const Layer& layer, const Special& special, const Flips& flips,
                       const std::uint64_t* in, std::uint64_t* out);
  /// A layer whose input is `different`; `groups` is read anew after each onset.
  PixelSet compute_layer(const Layer& layer, const Task& task, const std::uint64_t& groups,
                         std::span<const Onset> onsets, const Flips& flips, const PixelSet& different);
  /// The pool behind a layer.
  PixelSet pool(const Layer& layer, const Task& task, std::span<const Transient> flips,
                const PixelSet& different);

  const PackedNetwork* net_;
  Stepwise stepwise_;
  std::vector<std::uint64_t> work_;  ///< a trace; valid only in tensors that differ from golden
  bool follows_pixels_;              ///< of this network: it nearly is classic, on words of pixels
  Pixels touched_;                   ///< windows whose input differs
  Pixels untouched_;
  std::vector<Special> special_;
  std::vector<Transient> pixel_flips_;
};

}  // namespace fluence
