// What the comparison of a trial, or of a fault of a map, on both engines has found.
#pragma once

#include <string>

namespace fluence {

struct Compared {
  int fates = 0;           ///< that both engines know
  std::string difference;  ///< a line; empty: none
};
/// As a worker answers it, and back.
std::string text(const Compared& compared);
Compared compared_of(const std::string& text);

}  // namespace fluence
