#include "map/row_kernels.hpp"

#include "network/packed_lanes.hpp"

namespace fluence::rows {
namespace {

std::uint32_t above(const std::int16_t* values, const std::int16_t* others, std::int16_t factor,
                    std::int16_t limit) {
  std::int16_t moved[kRow];
  std::int16_t limits[kRow];
  for (int i = 0; i < kRow; ++i) {
    moved[i] = static_cast<std::int16_t>(values[i] + factor * others[i]);
    limits[i] = limit;
  }
  return packed::greater_shorts(packed::load_shorts(moved), packed::load_shorts(limits));
}

}  // namespace

const Kernels& FLUENCE_KERNELS() {
  static constexpr Kernels kTable = {above};
  return kTable;
}

}  // namespace fluence::rows
