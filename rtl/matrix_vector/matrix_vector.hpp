// The matrix-vector unit, which computes a layer: sums, and activations by thresholds. `line`: synapse
// folds, the steps of a row of sums; `row`: steps of an output pixel.
#pragma once

#include "rtl/stage_kind.hpp"

namespace fluence {

const StageKind& matrix_vector();

/// Of a counter of accesses to code words, which stays at its highest value.
inline constexpr int kAccessCounterBits = 32;

/// Where in a run a stored word is read first.
struct FirstRead {
  std::int64_t image = 0;
  int pixel = 0;  ///< output pixel, y * out_dim + x
  bool operator==(const FirstRead&) const = default;
};

/// The first window that is computed with a word of weights or thresholds as it is in the cycle of
/// `counts` or later, if images never end. `unit`: the stage of the layer's matrix-vector unit.
FirstRead first_read(const Layer& layer, std::size_t unit, const Site& site, const StageCounts& counts);

/// What a trace says where differing words ended in a unit of a layer.
std::string absorbed_by_unit(int layer, const std::string& words, bool sums_differed);

}  // namespace fluence
