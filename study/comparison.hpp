// A fit of ours beside a published one, of which estimates and standard errors are known to two
// decimals. Docs: docs/statistics.md.
#pragma once

#include <array>
#include <vector>

#include "study/published_study.hpp"

namespace fluence {

struct Comparison {
  /// Standard errors of the published fit over ours: geometric mean over the terms whose published one
  /// has two digits or more. Of one design, the root of its observations over theirs.
  double error_ratio = 1;
  /// How far the published standard errors are from ours times that ratio: root mean square of the
  /// logarithm. Standard errors of one design differ by a factor alone, whatever the data are.
  double error_misfit = 0;
  /// Published standard errors: as printed, or ours times the ratio where that has but one digit.
  std::array<double, kTerms> published_errors{};
  /// Estimates less the published ones, in published standard errors with that of rounding.
  std::array<double, kTerms> deviations{};
  double distance = 0;  ///< root of their mean square

  /// Fitted accuracies less the published fit's, over the cells, points.
  double fitted_difference = 0;  ///< root mean square
  double largest_difference = 0;
  std::size_t largest_cell = 0;
  double rounding = 0;  ///< what rounding of the published estimates alone does to its fitted values

  /// All 16 estimates at once against the published ones: chi squared, 16 degrees, with the covariances
  /// of two fits of this design.
  double joint = 0, joint_p = 1;
  double joint_robust = 0, joint_robust_p = 1;  ///< by those of an uneven spread
};

Comparison compare_with(const PublishedExperiment& published, const Regression& ours,
                        const std::vector<Cell>& cells);

}  // namespace fluence
