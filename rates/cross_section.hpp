// How likely a particle upsets a bit.
#pragma once

#include <cmath>
#include <numbers>

namespace fluence {

/// A cross section that rises with energy or linear energy transfer: plateau * (1 - exp(-((x - onset) /
/// width)^power)) above the onset, else 0. `width` and `power` above 0.
struct Weibull {
  double onset = 0;
  double width = 1;
  double power = 1;
  double plateau = 0;

  [[nodiscard]] double at(double x) const {
    return x > onset ? plateau * -std::expm1(-std::pow((x - onset) / width, power)) : 0;
  }
  /// Where it reaches a share of the plateau, from 0 to below 1.
  [[nodiscard]] double where(double share) const {
    return onset + width * std::pow(-std::log1p(-share), 1 / power);
  }
};

}  // namespace fluence
