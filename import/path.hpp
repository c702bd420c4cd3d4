// Whether a graph is a network that can be imported at all, and how its input lies.
#pragma once

#include "import/graph.hpp"

namespace fluence::importing {

/// Throws InputError unless the graph has a quantizer, and what depends on its input is one chain of
/// nodes.
void require_chain(const Graph& graph);

struct InputLayout {
  bool map = false;            ///< rows, columns and channels; otherwise one list
  bool channels_last = false;  ///< of a map: rows, columns, channels; otherwise channels come first
};
/// As the first layer or pool takes it.
InputLayout layout_of_input(const Graph& graph);

}  // namespace fluence::importing
