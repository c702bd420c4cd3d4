#include "study/comparison.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "base/probability.hpp"

namespace fluence {
namespace {

constexpr double kRounding = 0.01 * 0.01 / 12;  // variance
constexpr double kTwoDigits = 0.095;            // the least that is printed so

double joint(const Eigen::VectorXd& difference, const std::vector<double>& covariance, double ratio) {
  const Eigen::Map<const Eigen::MatrixXd> ours(covariance.data(), kTerms, kTerms);
  const Eigen::MatrixXd both =
      ours * (1 + ratio * ratio) + Eigen::MatrixXd::Identity(kTerms, kTerms) * kRounding;
  return difference.dot(both.ldlt().solve(difference));
}

double p_of(double value) { return chi_squared_tail(value, kTerms); }

}  // namespace

Comparison compare_with(const PublishedExperiment& published, const Regression& ours,
                        const std::vector<Cell>& cells) {
  Comparison c;
  std::vector<double> logs;
  for (std::size_t t = 0; t < kTerms; ++t) {
    if (published.terms[t].error > kTwoDigits) {
      logs.push_back(std::log(published.terms[t].error / ours.terms[t].error));
    }
  }
  double mean = 0;
  for (const double l : logs) {
    mean += l / static_cast<double>(logs.size());
  }
  for (const double l : logs) {
    c.error_misfit += (l - mean) * (l - mean) / static_cast<double>(logs.size());
  }
  c.error_misfit = std::sqrt(c.error_misfit);
  c.error_ratio = std::exp(mean);

  Eigen::VectorXd difference(kTerms);
  for (std::size_t t = 0; t < kTerms; ++t) {
    const auto& theirs = published.terms[t];
    c.published_errors[t] =
        theirs.error > kTwoDigits ? theirs.error : ours.terms[t].error * c.error_ratio;
    const double d = ours.terms[t].estimate - theirs.estimate;
    difference(static_cast<Eigen::Index>(t)) = d;
    c.deviations[t] = d / std::sqrt(c.published_errors[t] * c.published_errors[t] + kRounding);
    c.distance += c.deviations[t] * c.deviations[t] / kTerms;
  }
  c.distance = std::sqrt(c.distance);
  c.joint = joint(difference, ours.covariance, c.error_ratio);
  c.joint_p = p_of(c.joint);
  c.joint_robust = joint(difference, ours.robust_covariance, c.error_ratio);
  c.joint_robust_p = p_of(c.joint_robust);

  for (std::size_t i = 0; i < cells.size(); ++i) {
    double theirs = 0;
    const auto values = term_values(cells[i].x);
    for (std::size_t t = 0; t < kTerms; ++t) {
      theirs += values[t] * published.terms[t].estimate;
      c.rounding += values[t] * values[t] * kRounding / static_cast<double>(cells.size());
    }
    const double d = ours.fitted[i] - theirs;
    c.fitted_difference += d * d / static_cast<double>(cells.size());
    if (std::abs(d) > std::abs(c.largest_difference)) {
      c.largest_difference = d;
      c.largest_cell = i;
    }
  }
  c.fitted_difference = std::sqrt(c.fitted_difference);
  c.rounding = std::sqrt(c.rounding);
  return c;
}

}  // namespace fluence
