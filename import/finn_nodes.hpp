// What FINN's nodes of hardware compute, as nodes of ONNX and QONNX.
#pragma once

#include "import/graph.hpp"

namespace fluence::importing {

/// A matrix-vector unit becomes a product and a MultiThreshold, a window generator an Im2Col, and so on.
/// What a name says of the folding stays: PE and SIMD are attributes of the product. Throws InputError
/// for a node whose insides are in another file.
void expand_finn_nodes(Graph& graph);

}  // namespace fluence::importing
