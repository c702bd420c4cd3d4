// The integer network that a graph says, before it is built: what the lowering arrives at.
#pragma once

#include <string>
#include <vector>

#include "import/chain.hpp"
#include "import/input.hpp"
#include "network/parameters.hpp"

namespace fluence::importing {

/// A layer with its pool, and the nodes that it is made of.
struct Unit {
  std::string node;  ///< of the product
  std::string op;    ///< its operator in the file
  Layer layer;
  std::vector<std::vector<int>> weights;              ///< [row][column]
  std::vector<std::vector<std::int64_t>> thresholds;  ///< [row][threshold], of sums that reach them
  std::vector<Range> reach;                           ///< the sums that each row reaches
  Range by_datatype;     ///< the sums of all rows, whatever numbers of their types the inputs are
  int turned = 0;        ///< rows that were negated
  bool widened = false;  ///< for which the weights got one bit more
  int pe = 0, simd = 0;  ///< of the node, where it says them
};

/// Negates a row's weights, and with them its sums.
void turn(Unit& unit, std::size_t row);
/// Once all rows are as they stay: gives weights a bit more where negated ones need it, and finds what
/// sums there can be and how wide accumulators are.
void finish_weights(Unit& unit);

struct IntegerNetwork {
  Topology net;
  std::vector<Unit> units;
  TakenInput input;
  std::vector<std::int32_t> offsets;  ///< that the host adds to scores; empty: nothing
  std::vector<double> factors;        ///< that it then multiplies them with; empty: 1
  std::vector<double> biases;         ///< that it then adds; empty: nothing
  /// What a score, without the host's offset, stands for in the graph.
  std::vector<Line> scores;
  std::string score_tensor;  ///< of the graph: what is compared
  std::vector<std::string> remarks;
  std::vector<const Node*> path;  ///< nodes of the graph from its input to its scores
  std::optional<Constants> constants;

  /// Words of all memories. The network must outlive them.
  [[nodiscard]] Parameters parameters() const;
};

/// The network of a graph. Throws InputError naming file, node, layer and rule.
IntegerNetwork lowered(const Graph& graph, const std::string& name,
                       const std::optional<GivenInput>& given);

}  // namespace fluence::importing
