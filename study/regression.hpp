// The study's model: ordinary least squares of accuracy on four factors with all their products (full
// factorial, 16 terms). Docs: docs/statistics.md.
#pragma once

#include <array>
#include <string>
#include <vector>

namespace fluence {

inline constexpr int kFactors = 4;
inline constexpr int kTerms = 16;
/// "b0", "b1" .. "b1234", in the order of the published tables.
extern const std::array<std::string, kTerms> kTermNames;

/// The terms' values of a combination of the factors.
std::array<double, kTerms> term_values(const std::array<double, kFactors>& x);

/// One combination of the factors: the response's mean over `count` observations and the sum of squares
/// of their distances from it. A scenario's mean as one observation is count 1, squares 0.
struct Cell {
  std::array<double, kFactors> x{};
  double mean = 0;
  double count = 1;
  double squares = 0;
};

struct Term {
  std::string name;
  double estimate = 0, error = 0;  ///< per cent of accuracy per unit of the factors' product
  double robust_error = 0;         ///< standard error where the spread is uneven (White 1980, HC1)
  double t = 0, p = 0;             ///< p: two-sided
  std::string stars;               ///< "*" p < .05, "**" p < .01
};

/// How well the model's assumptions hold.
struct Diagnostics {
  double largest_residual = 0;  ///< standardised, e / (s sqrt(1 - h)); absolute value
  int largest_residual_cell = 0;
  double largest_cook = 0;  ///< Cook's distance (1977)
  int largest_cook_cell = 0;
  double normality = 0,
         normality_p = 1;           ///< Jarque & Bera (1980) on the residuals, chi squared, 2 degrees
  double spread = 0, spread_p = 1;  ///< Breusch & Pagan (1979), Koenker's form: n R2 of e^2 on the terms
};

struct Regression {
  int observations = 0;
  int freedom = 0;  ///< observations - 16
  std::array<Term, kTerms> terms;
  std::vector<double> covariance, robust_covariance;  ///< of the estimates, [term][term]
  double r2 = 0, adjusted_r2 = 0;
  double sigma = 0;            ///< residual standard error
  std::vector<double> fitted;  ///< [cell]
  /// Only where every observation is a cell of its own.
  Diagnostics diagnostics;
  /// F test of lack of fit against the spread within cells; only where cells hold several observations.
  double lack_of_fit = 0, lack_of_fit_p = 1;
};

/// Fits by QR decomposition; cells are weighted by their counts, which gives what all single
/// observations would give. Throws std::domain_error with one sentence that says why if there are no
/// more than 16 observations, if the factors do not vary enough to tell the terms apart, or if the
/// response does not vary.
Regression fit(const std::vector<Cell>& cells);

}  // namespace fluence
