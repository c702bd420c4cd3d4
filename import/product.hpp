// One convolution or dense layer: its shape, its whole weights, and what its sums stand for.
#pragma once

#include <optional>

#include "import/chain.hpp"
#include "import/matrix.hpp"

namespace fluence::importing {

/// The numbers between two layers: a map of [row][column][channel].
struct Activations {
  int rows = 1, columns = 1, channels = 0;
  NumberFormat format;
  int least = 0, most = 0;       ///< that there are without faults
  double scale = 1, offset = 0;  ///< a number q stands for scale * q + offset

  [[nodiscard]] int pixels() const { return rows * columns; }
};

/// Numbers from 0 on, in the order of a map, where a tensor of a graph has the map's numbers.
Values places_of(const Activations& map, bool channels_last);

/// What gathered a product's columns, if something did.
struct Gathered {
  Node node;
  Window window;
};

struct Product {
  Layer layer;  ///< without thresholds and what comes out
  Matrix matrix;
  std::vector<Line> lines;    ///< of each row
  std::vector<Range> reach;   ///< of each row
  Shape shape;                ///< of the node's output
  bool channels_last = true;  ///< there
};

/// Of a node that takes the activations, whose places in its tensor are `places`. Throws InputError
/// saying why, without names.
Product product_of(const Node& node, const Constants& constants, const Activations& activations,
                   const Values& places, const std::optional<Gathered>& gathered);

/// Throws InputError, without names, if a tensor is not the map as it is.
void require_map(const Activations& map, const Values& places, bool channels_last);

}  // namespace fluence::importing
