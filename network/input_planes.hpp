// What layer 0 takes of an image that is no pixel codes, as bit planes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "network/images.hpp"
#include "network/parameters.hpp"

namespace fluence {

class InputPlanes {
 public:
  /// Later changes of `parameters` have no effect.
  explicit InputPlanes(const Parameters& parameters);

  /// Writes layer 0's tensor, as `TraceLayout` has it.
  void write(const Image& image, std::span<std::uint64_t> tensor) const;

 private:
  int planes_;
  std::vector<std::array<std::uint8_t, 256>> codes_;  ///< [row of input thresholds][byte of a value]
};

}  // namespace fluence
