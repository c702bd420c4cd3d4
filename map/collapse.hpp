// Which outputs of a neuron each fault of its parameters changes, in all positions of one image. Faults
// that change the same outputs in the same way have the same consequence, and it is found once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "map/layer_values.hpp"
#include "map/layout.hpp"

namespace fluence {

/// An output of a neuron behind its layer's pool, as numbers of thresholds passed.
struct ChangedOutput {
  std::uint16_t pixel = 0;
  std::uint8_t before = 0, after = 0;
  bool operator==(const ChangedOutput&) const = default;
};

/// Ascending pixels; empty: the fault is masked.
using ChangedOutputs = std::vector<ChangedOutput>;

struct ChangedOutputsHash {
  std::size_t operator()(const ChangedOutputs& outputs) const;
};

/// Of each change of a weight word: a column and how much its weight grows.
struct WeightChange {
  int column = 0;
  int growth = 0;
};
/// What a fault `fault_bits` wide from bit `bit` on of a neuron's weight word makes of its weights.
void weight_changes(const LayerValues& values, int neuron, int word, int bit, int fault_bits,
                    std::vector<WeightChange>& changes);

/// For layers with thresholds.
class NeuronFaults {
 public:
  NeuronFaults(const Parameters& parameters, const LayerValues& values, MapMode mode);

  /// Turns to a neuron, with the values of the image that they hold now.
  void start(int neuron);
  /// What faults `fault_bits` wide from bit `bit` on of the weight word `word` of the neuron change.
  const ChangedOutputs& weight_fault(int word, int bit);
  const ChangedOutputs& threshold_fault(int thresh, int bit);

 private:
  /// A position, before the pool, at which some fault of a weight word changes the output.
  struct Near {
    const std::int16_t* window = nullptr;
    std::int32_t sum = 0;
  };
  /// An output pixel behind the pool with such positions.
  struct Spot {
    std::uint16_t pixel = 0;
    std::uint8_t before = 0;
    std::uint8_t others = 0;           ///< largest output of its other positions
    std::uint32_t first = 0, end = 0;  ///< of `near_`
  };
  /// How many of the neuron's thresholds a sum passes.
  [[nodiscard]] int passed(std::int32_t sum) const {
    return table_.empty() ? counted(sum) : table_[static_cast<std::size_t>(sum + most_)];
  }
  [[nodiscard]] int counted(std::int32_t sum) const;
  void fill_table();
  /// `move(window)`: by how much a fault of weights changes the sum there.
  template <typename Move>
  void find_changed(Move move);
  void add_spot(int pixel, std::span<const int> positions);
  [[nodiscard]] bool is_near(std::int32_t sum) const;
  template <typename Visit>
  void for_each_output(Visit visit) const;

  const Parameters* parameters_;
  const LayerValues* values_;
  int fault_bits_;
  int reach_;          ///< no fault of a weight word changes a sum by more
  bool wraps_;         ///< accumulators may
  std::int64_t most_;  ///< no sum, faulted or not, leaves -most_ .. most_
  int neuron_ = 0;
  std::vector<std::int32_t> thresholds_;
  std::vector<std::uint8_t> table_;  ///< of the neuron, [sum + most_]; empty where there are too many
  std::vector<Near> near_;
  std::vector<Spot> spots_;
  std::vector<WeightChange> changes_;  ///< of the fault
  ChangedOutputs changed_;
};

}  // namespace fluence
