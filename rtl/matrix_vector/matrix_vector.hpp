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

/// The next access of the datapath to a memory of weights or thresholds.
struct NextAccess {
  FirstRead at;
  int word = 0;
  bool operator==(const NextAccess&) const = default;
};
NextAccess next_access(const Layer& layer, std::size_t unit, Space memory, const StageCounts& counts);

/// Whether a memory of a layer is read synchronously.
bool is_synchronous(const Layer& layer, Space memory);
/// The first word of the memory of whose register a site of Space::read is, in the same copy.
Site memory_of(const Layer& layer, const Site& site);

/// What a trace says where differing words ended in a unit of a layer.
std::string absorbed_by_unit(int layer, const std::string& words, bool sums_differed);

}  // namespace fluence
