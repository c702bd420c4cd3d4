// Delta evaluation: what changed neurons make of an image, computed as a difference to the fault-free
// run from that run's margins. Many trials on one image are the fast way: the image's margins then stay
// in the processor's cache.
//
// Gives exactly what PackedNetwork gives with the same parameters.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "network/delta_kernels.hpp"
#include "network/isa.hpp"
#include "network/packed.hpp"
#include "network/parameters.hpp"

namespace fluence {

/// A network in the form that the evaluation needs. Const members may be called from several threads at
/// once.
class DeltaNetwork {
 public:
  /// As large as the widest vector, so that no load straddles two cache lines.
  struct alignas(64) Block {
    std::array<std::uint64_t, 8> words{};
  };
  using Margins = std::vector<Block>;

  /// Whether it computes such a network: activations of one bit or of two in all layers, weights of one
  /// bit or, behind activations of two, of two, in shapes that PackedNetwork has kernels of
  /// their own for.
  [[nodiscard]] static bool supports(const Topology& net);

  /// `packed` computes the same parameters, and must outlive the object. `isa` must be available.
  DeltaNetwork(const Parameters& parameters, const PackedNetwork& packed, Isa isa = default_isa());

  DeltaNetwork(const DeltaNetwork&) = delete;
  DeltaNetwork& operator=(const DeltaNetwork&) = delete;
  ~DeltaNetwork() = default;

  /// Bytes of an image's margins.
  [[nodiscard]] std::size_t margin_bytes() const { return margin_words_ * sizeof(std::uint64_t); }
  /// Replaces an image's margins by those of its complete trace.
  void fill_margins(std::span<const std::uint64_t> trace, Margins& margins) const;

  /// A neuron's weights, [bit of a weight][column / 64], that of column c at bit c % 64, and its
  /// thresholds as stored.
  [[nodiscard]] std::span<const std::uint64_t> row(int layer, int neuron) const;
  [[nodiscard]] std::span<const std::int32_t> thresholds(int layer, int neuron) const;

 private:
  friend class ChangedNeurons;
  friend class DeltaEvaluator;
  struct Tables {
    std::vector<std::uint64_t> rows;           ///< [neuron][bit][word]
    std::vector<std::int32_t> thresholds;      ///< [neuron][thresh], as stored
    std::vector<std::uint64_t> contributions;  ///< see make_contributions
    std::vector<std::int8_t> signs;            ///< as delta::Layer
    std::vector<std::uint8_t> reaches;         ///< as delta::Layer
    std::vector<std::uint64_t> grouped;        ///< as delta::Layer
    std::vector<std::int64_t> limits;          ///< as delta::Layer
  };
  using Thresholds = std::array<std::int32_t, delta::kMostLevels>;

  void read_parameters(const Parameters& parameters, int layer);
  void place_tensors();
  void make_layer(const Layer& layer);
  void make_groups(const Layer& layer);
  void make_contributions(const Layer& layer);
  void make_channel_signs(const Layer& layer);
  void make_score_signs(const Layer& layer);
  [[nodiscard]] std::size_t take_margins(std::size_t words);
  /// By how much more the sum is with an input bit at 1: the weight, or 1 or -1.
  [[nodiscard]] int weight(int layer, int neuron, int column) const;
  /// See delta_kernels.hpp.
  [[nodiscard]] int base(int layer, std::span<const std::uint64_t> row) const;
  /// A neuron's thresholds as the evaluation compares them: as delta::ChangedNeuron.
  [[nodiscard]] Thresholds ordered(int layer, std::span<const std::int32_t> stored) const;
  /// The trace that the evaluation works with: of activations of one bit the packed network's.
  [[nodiscard]] delta::Image image(std::span<const std::uint64_t> trace, const Margins& margins) const {
    const auto* words = margins.data()->words.data();
    return {levels_ == 1 ? trace.data() : words + trace_at_, words};
  }
  static void recompute(const void* packed, int layer, const std::uint64_t* in, std::uint64_t* out,
                        const std::uint16_t* windows, int count);

  const PackedNetwork* packed_;
  const delta::Kernels* kernels_;
  int levels_;
  std::size_t margin_words_ = 0;
  std::size_t trace_words_ = 0;
  std::size_t trace_at_ = 0;    ///< in the margins, of activations of two bits
  std::vector<Tables> tables_;  ///< [layer]
  std::vector<delta::Layer> layers_;
  delta::Network view_{};
};

/// The neurons of a network that a trial changes. Usable with the network that it was made for.
class ChangedNeurons {
 public:
  explicit ChangedNeurons(const DeltaNetwork& network) : network_(&network) {}
  ChangedNeurons(ChangedNeurons&&) = default;
  ChangedNeurons& operator=(ChangedNeurons&&) = default;
  ChangedNeurons(const ChangedNeurons&) = delete;
  ChangedNeurons& operator=(const ChangedNeurons&) = delete;
  ~ChangedNeurons() = default;

  /// Sets a neuron's weights and thresholds, as DeltaNetwork gives them. Parameters that change nothing
  /// are forgotten.
  void set(int layer, int neuron, std::span<const std::uint64_t> row,
           std::span<const std::int32_t> thresholds);
  void clear();

  [[nodiscard]] bool empty() const { return neurons_.empty(); }
  /// Whether it costs less to compute the changed neurons of some layer with the network's own kernels.
  [[nodiscard]] bool prefers_recomputation() const;

 private:
  friend class DeltaEvaluator;
  /// Where the neurons of a layer and kind end among `neurons_`; kind 0: one flipped bit of a weight, 1:
  /// other thresholds, 2: anything.
  [[nodiscard]] std::size_t end_of(int layer, int kind) const;
  void count(int layer, int kind, int by);
  void forget(int layer, int neuron);

  const DeltaNetwork* network_;
  std::vector<delta::ChangedNeuron> neurons_;
  std::vector<std::uint64_t> rows_;
  delta::Trial trial_;
};

/// Evaluates trials, with working memory of its own: one object a thread.
class DeltaEvaluator {
 public:
  /// The network must outlive the object.
  explicit DeltaEvaluator(const DeltaNetwork& network);

  /// All scores of an image. `trace`, `margins`: of the fault-free network.
  void run(std::span<const std::uint64_t> trace, const DeltaNetwork::Margins& margins,
           const ChangedNeurons& changed, std::span<std::int16_t> scores);

  /// A pixel of a channel, of which another number of thresholds is passed.
  struct ChangedInput {
    int pixel = 0, channel = 0;
    int before = 0, after = 0;
  };
  /// The same of an image whose run differs in the input of a layer behind the first.
  void run(std::span<const std::uint64_t> trace, const DeltaNetwork::Margins& margins, int layer,
           std::span<const ChangedInput> changed, std::span<std::int16_t> scores);

 private:
  const DeltaNetwork* network_;
  std::vector<std::uint64_t> differences_, input_, output_;
  std::vector<std::uint16_t> entries_, list_, windows_;
  delta::Scratch scratch_{};
};

}  // namespace fluence
