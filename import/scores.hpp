// What a host makes of the last layer's sums: biases and factors, so that classes are those of the
// graph.
#pragma once

#include "import/chain.hpp"

namespace fluence::importing {

struct ScoreForm {
  std::vector<bool> turned;  ///< rows whose sums have to be negated first
  std::vector<Line> lines;   ///< of each row's sum, negated or not: what it stands for in the graph
  std::vector<std::int32_t> offsets;  ///< added to sums; empty: nothing
  std::vector<double> factors;        ///< that these are then multiplied with; empty: 1
  std::vector<double> biases;         ///< then added, where some are no whole sums; empty: nothing
};

/// Of a chain without a quantizer behind sums of rows (see levels_of). Throws InputError naming file and
/// node or row, if it is more than a factor and a bias.
ScoreForm scores_of(const Graph& graph, const Chain& chain, const Shape& form,
                    const std::vector<Line>& lines, const std::vector<Range>& ranges);

}  // namespace fluence::importing
