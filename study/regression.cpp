#include "study/regression.hpp"

#include <Eigen/Dense>
#include <cmath>
#include <stdexcept>

#include "analysis/intervals.hpp"
#include "base/probability.hpp"

namespace fluence {

const std::array<std::string, kTerms> kTermNames = {"b0",   "b1",   "b2",   "b3",   "b4",  "b12",
                                                    "b13",  "b14",  "b23",  "b24",  "b34", "b123",
                                                    "b124", "b134", "b234", "b1234"};

namespace {

// Product of the factors that a term's name lists.
double product(const std::string& name, const std::array<double, kFactors>& x) {
  double value = 1;
  for (const char digit : name.substr(name == "b0" ? 2 : 1)) {
    value *= x[static_cast<std::size_t>(digit - '1')];
  }
  return value;
}

std::vector<double> numbers(const Eigen::MatrixXd& matrix) {
  return {matrix.data(), matrix.data() + matrix.size()};  // symmetric
}

// With the thin Q of the design, which spans what the terms span.
Diagnostics diagnose(const Eigen::MatrixXd& q, const Eigen::VectorXd& residuals, double sigma) {
  Diagnostics d;
  const auto n = residuals.size();
  for (Eigen::Index i = 0; i < n; ++i) {
    const double leverage = q.row(i).squaredNorm();
    if (leverage > 1 - 1e-9) {
      continue;  // the model passes through it, whatever it is
    }
    const double standardised = residuals(i) / (sigma * std::sqrt(1 - leverage));
    const double cook = standardised * standardised * leverage / (1 - leverage) / kTerms;
    if (std::abs(standardised) > d.largest_residual) {
      d.largest_residual = std::abs(standardised);
      d.largest_residual_cell = static_cast<int>(i);
    }
    if (cook > d.largest_cook) {
      d.largest_cook = cook;
      d.largest_cook_cell = static_cast<int>(i);
    }
  }
  const auto count = static_cast<double>(n);
  const Eigen::ArrayXd squares = residuals.array().square();
  const double variance = squares.mean();
  const double skewness = (residuals.array() * squares).mean() / std::pow(variance, 1.5);
  const double kurtosis = squares.square().mean() / (variance * variance);
  d.normality = count / 6 * (skewness * skewness + (kurtosis - 3) * (kurtosis - 3) / 4);
  d.normality_p = chi_squared_tail(d.normality, 2);

  const Eigen::ArrayXd centred = squares - variance;
  const double total = centred.square().sum();
  const double left = (centred.matrix() - q * (q.transpose() * centred.matrix())).squaredNorm();
  d.spread = total > 0 ? count * (1 - left / total) : 0;
  d.spread_p = chi_squared_tail(d.spread, kTerms - 1);
  return d;
}

}  // namespace

std::array<double, kTerms> term_values(const std::array<double, kFactors>& x) {
  std::array<double, kTerms> values{};
  for (std::size_t t = 0; t < kTerms; ++t) {
    values[t] = product(kTermNames[t], x);
  }
  return values;
}

Regression fit(const std::vector<Cell>& cells) {
  const auto rows = static_cast<Eigen::Index>(cells.size());
  Eigen::MatrixXd design(rows, kTerms);
  Eigen::VectorXd response(rows), weight(rows);
  double observations = 0, sum = 0, within = 0;
  for (Eigen::Index i = 0; i < rows; ++i) {
    const auto& cell = cells[static_cast<std::size_t>(i)];
    weight(i) = std::sqrt(cell.count);
    response(i) = weight(i) * cell.mean;
    const auto values = term_values(cell.x);
    for (int t = 0; t < kTerms; ++t) {
      design(i, t) = weight(i) * values[static_cast<std::size_t>(t)];
    }
    observations += cell.count;
    sum += cell.count * cell.mean;
    within += cell.squares;
  }
  if (observations <= kTerms) {
    throw std::domain_error("the model has 16 terms and there are only " +
                            std::to_string(static_cast<int>(observations)) + " observations");
  }
  if (rows < kTerms) {
    throw std::domain_error("the factors do not vary enough to tell the model's 16 terms apart");
  }
  Eigen::MatrixXd scaled = design;  // columns of one length, so that the rank does not depend on units
  const Eigen::RowVectorXd lengths = design.colwise().norm();
  for (int t = 0; t < kTerms; ++t) {
    scaled.col(t) /= lengths(t) > 0 ? lengths(t) : 1;
  }
  Eigen::ColPivHouseholderQR<Eigen::MatrixXd> ranked(scaled);
  ranked.setThreshold(1e-10);
  if (ranked.rank() < kTerms) {
    throw std::domain_error("the factors do not vary enough to tell the model's 16 terms apart");
  }
  const double mean = sum / observations;
  const double total = (response - weight * mean).squaredNorm() + within;
  if (total <= 1e-12 * observations) {
    throw std::domain_error("all accuracies are equal");
  }

  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(design);
  const Eigen::MatrixXd q = qr.householderQ() * Eigen::MatrixXd::Identity(rows, kTerms);
  const Eigen::MatrixXd r_inverse = qr.matrixQR().topRows(kTerms).triangularView<Eigen::Upper>().solve(
      Eigen::MatrixXd::Identity(kTerms, kTerms));
  const Eigen::VectorXd estimate = r_inverse * (q.transpose() * response);
  const Eigen::VectorXd residuals = response - design * estimate;
  const double between = residuals.squaredNorm();

  Regression result;
  result.observations = static_cast<int>(observations);
  result.freedom = result.observations - kTerms;
  const double left = between + within;
  result.sigma = std::sqrt(left / result.freedom);
  result.r2 = 1 - left / total;
  result.adjusted_r2 = 1 - (left / result.freedom) / (total / (observations - 1));
  const Eigen::MatrixXd inverse = r_inverse * r_inverse.transpose();
  // Of a cell's observations the squared distances from what is fitted, for each unit of its weight.
  Eigen::VectorXd squares = residuals.array().square();
  for (Eigen::Index i = 0; i < rows; ++i) {
    squares(i) += cells[static_cast<std::size_t>(i)].squares;
    squares(i) /= weight(i) * weight(i);
  }
  const Eigen::MatrixXd robust = inverse * (design.transpose() * squares.asDiagonal() * design) *
                                 inverse * (observations / result.freedom);
  result.covariance = numbers(inverse * (result.sigma * result.sigma));
  result.robust_covariance = numbers(robust);
  for (int t = 0; t < kTerms; ++t) {
    auto& term = result.terms[static_cast<std::size_t>(t)];
    term.name = kTermNames[static_cast<std::size_t>(t)];
    term.estimate = estimate(t);
    term.error = result.sigma * r_inverse.row(t).norm();
    term.robust_error = std::sqrt(robust(t, t));
    term.t = term.estimate / term.error;
    term.p = student_p(term.t, result.freedom);
    term.stars = term.p < 0.01 ? "**" : term.p < 0.05 ? "*" : "";
  }
  for (Eigen::Index i = 0; i < rows; ++i) {
    result.fitted.push_back((response(i) - residuals(i)) / weight(i));
  }
  if (result.observations == static_cast<int>(rows)) {
    result.diagnostics = diagnose(q, residuals, result.sigma);
  } else if (rows > kTerms) {
    const double lack = static_cast<double>(rows) - kTerms;
    const double pure = observations - static_cast<double>(rows);
    if (within > 0) {
      result.lack_of_fit = (between / lack) / (within / pure);
      result.lack_of_fit_p = fisher_tail(result.lack_of_fit, lack, pure);
    }
  }
  return result;
}

}  // namespace fluence
