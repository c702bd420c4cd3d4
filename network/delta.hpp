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

  /// Whether it computes such a network: one-bit activations and weights in all layers, in shapes that
  /// PackedNetwork has kernels for.
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

  /// A neuron's weights, bit c of word c / 64 that of column c, and its threshold as stored.
  [[nodiscard]] std::span<const std::uint64_t> row(int layer, int neuron) const;
  [[nodiscard]] std::int32_t threshold(int layer, int neuron) const;
  /// A threshold without what changes no output: the evaluation compares these.
  [[nodiscard]] std::int32_t effective_threshold(int layer, std::int32_t stored) const;

 private:
  friend class ChangedNeurons;
  friend class DeltaEvaluator;
  struct Tables {
    std::vector<std::uint64_t> rows;           ///< [neuron][word]
    std::vector<std::int32_t> thresholds;      ///< [neuron]
    std::vector<std::uint64_t> contributions;  ///< see make_contributions
    std::vector<std::int8_t> signs;            ///< as delta::Layer
    std::vector<std::uint64_t> grouped;        ///< as delta::Layer
    std::vector<std::int64_t> limits;          ///< as delta::Layer
  };
  void read_parameters(const Parameters& parameters, int layer);
  void make_layer(const Layer& layer);
  void make_contributions(const Layer& layer);
  void make_channel_signs(const Layer& layer);
  [[nodiscard]] std::size_t take_margins(std::size_t words);
  static void recompute(const void* packed, int layer, const std::uint64_t* in, std::uint64_t* out,
                        const std::uint16_t* windows, int count);

  const PackedNetwork* packed_;
  const delta::Kernels* kernels_;
  std::size_t margin_words_ = 0;
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

  /// Sets a neuron's weights, as DeltaNetwork::row, and its threshold, as stored. Parameters that change
  /// nothing are forgotten.
  void set(int layer, int neuron, std::span<const std::uint64_t> row, std::int32_t threshold);
  void clear();

  [[nodiscard]] bool empty() const { return neurons_.empty(); }
  /// Whether it costs less to compute the changed neurons of some layer with the network's own kernels.
  [[nodiscard]] bool prefers_recomputation() const;

 private:
  friend class DeltaEvaluator;
  /// Where the neurons of a layer and kind end among `neurons_`; kind 0: one flipped weight, 1: another
  /// threshold, 2: anything.
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

 private:
  const DeltaNetwork* network_;
  std::vector<std::uint64_t> differences_, input_, output_;
  std::vector<std::uint16_t> entries_, list_, windows_;
  delta::Scratch scratch_{};
};

}  // namespace fluence
