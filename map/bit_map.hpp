// The map of every single bit where all weights and activations are bits: what IncrementalMap gives,
// faster.
//
// A weight moves every sum of its neuron by one. So an output can change only where the sum is at the
// threshold or one above it, and there the new output is whether input and weight differ: one XOR tells
// it of 64 weights. Of each weight these outputs are its key; equal keys have one consequence.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "map/image_map.hpp"
#include "map/key_table.hpp"
#include "map/layer_values.hpp"
#include "map/row_kernels.hpp"
#include "network/delta.hpp"

namespace fluence {

class BitMap final : public ImageMap {
 public:
  /// Single bits of networks of bits that DeltaNetwork supports.
  static bool supports(const MapLayout& layout);

  /// Both must outlive the object.
  BitMap(const Parameters& parameters, const MapLayout& layout, Isa isa = default_isa(),
         Counted counted = Counted::consequences);

  void add(const Image& image, std::span<BlockCounts> counts) override;

 private:
  /// A map of pixels, a bit each.
  using Rows = std::array<std::uint32_t, rows::kRow>;

  void load_codes(const Image& image);
  void add_layer(const Layer& layer, std::span<BlockCounts> counts);
  void add_scores(const Layer& layer, std::span<BlockCounts> counts);
  /// Turns to a neuron: fills `values_` and `active_`.
  void start(const Layer& layer, int neuron);
  /// Outputs behind the pool, if those before it are 1 where a value, plus `factor` times what stands
  /// beside it in `others`, is above the limit.
  [[nodiscard]] Rows above(const std::int16_t* others, int factor, int limit) const;
  void first_weights(BlockCounts* counts);
  void weights(BlockCounts* counts);
  void thresholds(BlockCounts* counts);
  /// Fills `near_` and `changed_`.
  void list_near();
  void add_near(int y, int x, std::span<const int> positions);
  void few_near(BlockCounts* counts);
  void many_near(BlockCounts* counts);

  /// If the neuron's outputs change in these pixels.
  BlockCounts evaluate(const Rows& changed);
  /// The same, asked for once.
  BlockCounts known(const Rows& changed);

  const Parameters* parameters_;
  const MapLayout* layout_;
  PackedNetwork net_;
  DeltaNetwork deltas_;
  DeltaEvaluator evaluator_;
  DeltaNetwork::Margins margins_;
  const rows::Kernels* kernels_;
  std::map<int, LayerValues> sums_;  ///< by layer, of those that the map holds, from 1 on but the last
  std::vector<std::uint64_t> trace_;
  Counted counted_;
  Tally tally_;
  std::vector<std::vector<std::uint64_t>> weights_;  ///< [layer from 1 on][neuron][column / 64]
  std::vector<std::int16_t> codes_;                  ///< layer 0: [column][y][x], rows of 32

  const Layer* layer_ = nullptr;
  int neuron_ = 0;
  int dim_ = 0;                         ///< of the map behind the pool
  Rows active_{};                       ///< fault-free outputs there
  std::vector<std::int16_t> values_;    ///< layer 0: sums; else margins; [y][x], rows of 32
  std::vector<std::uint16_t> near_;     ///< pixels of that map in which some weight changes the output
  std::vector<std::uint64_t> changed_;  ///< [of near_][column / 64]: which weights
  std::vector<std::uint64_t> key_;
  KeyTable known_rows_, known_keys_;
  std::vector<DeltaEvaluator::ChangedInput> inputs_;
  Scores scores_;
};

}  // namespace fluence
