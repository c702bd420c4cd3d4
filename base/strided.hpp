// Numbers of several axes that lie in memory in one order, read in another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fluence {

/// The numbers of an array of `shape`, last axis fastest, each axis with so many numbers in `values`
/// between neighbours. One number, if there is no axis.
inline std::vector<double> read_strided(const std::vector<double>& values,
                                        const std::vector<std::int64_t>& shape,
                                        const std::vector<std::size_t>& steps) {
  std::size_t size = 1;
  for (const auto side : shape) {
    size *= static_cast<std::size_t>(side);
  }
  std::vector<double> result(size);
  std::vector<std::int64_t> place(shape.size());
  std::size_t at = 0;
  for (auto& value : result) {
    value = values[at];
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      at += steps[axis];
      if (++place[axis] < shape[axis]) {
        break;
      }
      at -= steps[axis] * static_cast<std::size_t>(shape[axis]);
      place[axis] = 0;
    }
  }
  return result;
}

}  // namespace fluence
