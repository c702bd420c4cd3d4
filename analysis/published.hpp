// Tables I and II of Khoshavi et al. (arXiv 2020): what this project's campaigns are compared with.
#pragma once

#include <array>
#include <string_view>

#include "analysis/regression.hpp"

namespace fluence {

struct PublishedTerm {
  double estimate = 0;
  double error = 0;  ///< printed with two decimals, as is the estimate
};

/// In the order of `kTermNames`.
struct PublishedTable {
  std::string_view name;
  double adjusted_r2 = 0;
  std::array<PublishedTerm, kTerms> terms;
};

extern const PublishedTable kTableI;   ///< uniform experiment: X3 is the fault domain
extern const PublishedTable kTableII;  ///< targeted experiment: X3 is the layer, 1 to 9

/// Distance of an estimate from the published one in standard errors: the difference over the root of
/// both squared errors and of 0.01^2/12, the variance of rounding to two decimals.
double deviation(const Term& ours, const PublishedTerm& published);

}  // namespace fluence
