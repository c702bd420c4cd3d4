#include "import/integer_network.hpp"

#include <algorithm>

namespace fluence::importing {
namespace {

/// A threshold as the hardware stores it: what is counted is a sum, or number of equal bits, above it.
/// What every sum reaches, or none, stands at the ends of what there can be.
std::int64_t stored(const Unit& unit, std::size_t row, std::int64_t threshold) {
  const auto& layer = unit.layer;
  const auto columns = layer.matrix_width();
  if (threshold <= unit.reach[row].least) {
    return layer.xnor ? -1 : unit.by_datatype.least - 1;
  }
  if (threshold > unit.reach[row].most) {
    return layer.xnor ? columns : unit.by_datatype.most;
  }
  // Half of a negative odd number rounds up, as division does not.
  const auto twice = threshold + columns;
  return layer.xnor ? (twice + (twice % 2 != 0 ? 1 : 0)) / 2 - 1 : threshold - 1;
}

}  // namespace

void turn(Unit& unit, std::size_t row) {
  for (auto& weight : unit.weights[row]) {
    weight = -weight;
  }
  unit.reach[row] = {-unit.reach[row].most, -unit.reach[row].least};
  ++unit.turned;
}

void finish_weights(Unit& unit) {
  auto& layer = unit.layer;
  const auto format = layer.weight_format();
  const auto in = layer.in_format();
  for (std::size_t row = 0; row < unit.weights.size(); ++row) {
    Range range;
    for (const int weight : unit.weights[row]) {
      unit.widened = unit.widened || weight > format.most();
      range.least += std::int64_t{weight} * (weight > 0 ? in.least() : in.most());
      range.most += std::int64_t{weight} * (weight > 0 ? in.most() : in.least());
    }
    unit.by_datatype.least = row == 0 ? range.least : std::min(unit.by_datatype.least, range.least);
    unit.by_datatype.most = row == 0 ? range.most : std::max(unit.by_datatype.most, range.most);
  }
  layer.weight_bits += unit.widened ? 1 : 0;
  const auto least = layer.xnor ? 0 : unit.by_datatype.least;
  const auto most = layer.xnor ? layer.matrix_width() : unit.by_datatype.most;
  layer.accumulator_bits = format_for(least - (layer.thresholds > 0 ? 1 : 0), most, true).bits;
}

Parameters IntegerNetwork::parameters() const {
  auto result = Parameters::blank(net);
  for (const auto& unit : units) {
    for (std::size_t row = 0; row < unit.weights.size(); ++row) {
      const int index = unit.layer.index;
      result.set_row_weights(index, static_cast<int>(row), unit.weights[row]);
      for (int t = 0; t < unit.layer.thresholds; ++t) {
        result.row_threshold(index, static_cast<int>(row), t) = static_cast<std::int32_t>(
            stored(unit, row, unit.thresholds[row][static_cast<std::size_t>(t)]));
      }
    }
  }
  for (std::size_t row = 0; row < input.thresholds.size(); ++row) {
    for (std::size_t t = 0; t < input.thresholds[row].size(); ++t) {
      result.input_threshold(static_cast<int>(row), static_cast<int>(t)) =
          static_cast<std::int32_t>(input.thresholds[row][t] - 1);
    }
  }
  result.score_offsets = offsets;
  result.score_factors = factors;
  result.score_biases = biases;
  for (int i = 0; i < net.most_classes(); ++i) {
    result.classes.push_back(std::to_string(i));
  }
  return result;
}

}  // namespace fluence::importing
