// Which layers and networks are of the kinds of the published ones.
#include <algorithm>

#include "network/topology.hpp"

namespace fluence {
namespace {

bool has_classic_numbers(const Layer& l) {
  const bool inputs = l.takes_pixels() || (l.in_bits <= 2 && !l.in_unsigned && l.in_least == -1);
  const bool outputs = l.thresholds == 0 ? l.out_bits == 16
                                         : l.out_bits == l.thresholds && l.out_bits <= 2 &&
                                               !l.out_unsigned && l.out_least == -1;
  return inputs && outputs && l.weight_bits <= 2 && l.xnor == (l.in_bits == 1 && l.weight_bits == 1);
}

bool has_classic_shape(const Layer& l) {
  const auto square = l.convolution ? square_window(3) : square_window(1);
  return l.window == square && l.in_height == l.in_dim && l.in_dim <= kMostSide &&
         (!l.pool || (l.pool_window == square_window(2, 2) && l.out_dim % 2 == 0 && l.out_dim >= 4));
}

}  // namespace

bool Layer::is_classic() const { return has_classic_shape(*this) && has_classic_numbers(*this); }

bool Layer::is_nearly_classic() const { return has_classic_shape(*this) && has_plane_numbers(); }

bool Layer::has_plane_numbers() const {
  auto classic = *this;
  classic.xnor = xnor || adds_signs();
  if (thresholds == 1 && out_unsigned && out_bits == 1 && out_least == 0) {
    classic.out_unsigned = false;
    classic.out_least = -1;
  }
  return has_classic_numbers(classic);
}

bool Topology::is_protected() const { return std::ranges::any_of(layers, &Layer::is_protected); }

bool Topology::has_cells() const {
  return std::ranges::any_of(layers, [](const Layer& layer) {
    return layer.weights_in_cells() || layer.thresholds_in_cells();
  });
}

bool Topology::is_nearly_classic() const {
  return input.thresholds == 0 && (layers.front().takes_pixels() || is_flat()) &&
         std::ranges::all_of(layers, &Layer::is_nearly_classic);
}

bool Topology::is_classic() const {
  return input.thresholds == 0 && layers.front().takes_pixels() && layers.back().thresholds == 0 &&
         std::ranges::all_of(layers, &Layer::is_classic);
}

}  // namespace fluence
