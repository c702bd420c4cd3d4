// Convolutions and pools along one dimension, as those of a map of one column.
#pragma once

#include "import/graph.hpp"

namespace fluence::importing {

/// Where a graph takes [1, channels, length] to convolutions or pools along the length, these get a
/// second dimension of 1, and with them the graph's input and the constants on their way; what follows
/// gets the shape that it had. Nodes must be sorted.
void widen_one_dimension(Graph& graph);

}  // namespace fluence::importing
