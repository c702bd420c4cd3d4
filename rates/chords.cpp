#include "rates/chords.hpp"

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <numbers>

namespace fluence {
namespace {

constexpr int kPoints = 30;
constexpr int kTablePoints = 1500;  // between two lengths at which the distribution has a corner

// The parts of the box's projection along a direction that see so long a chord, integrated over the
// azimuth of the first octant. `z`: cosine of the polar angle.
double over_azimuth(const Box& box, double length, double z) {
  const double a = box.edges[0];
  const double b = box.edges[1];
  const double c = box.edges[2];
  const double across = length * std::sqrt(1 - z * z);
  const double height = c - length * z;
  const double sine = std::sqrt(1 - z * z);
  const double first = across > a ? std::acos(a / across) : 0;
  const double last = across > b ? std::asin(b / across) : std::numbers::pi / 2;
  if (height <= 0 || first >= last) {
    return 0;
  }
  const auto until = [&](double phi) {
    const double sin = std::sin(phi);
    const double cos = std::cos(phi);
    const double half = across * sin * sin / 2;
    return z * (a * b * phi - across * b * sin + across * a * cos + across * half) +
           height * sine * (b * sin - half) + height * sine * (-a * cos - half);
  };
  return until(last) - until(first);
}

// Lengths at which the distribution, or as cosines its integrand, has a corner: edges, diagonals of
// faces, and the box's.
std::vector<double> corners(const Box& box) {
  const auto [a, b, c] = box.edges;
  std::vector<double> all{
      0, a, b, c, std::hypot(a, b), std::hypot(b, c), std::hypot(c, a), box.diagonal()};
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace

double Box::diagonal() const { return std::hypot(edges[0], edges[1], edges[2]); }

double chords_at_least(const Box& box, double length) {
  if (length <= 0) {
    return 1;
  }
  if (length >= box.diagonal()) {
    return 0;
  }
  const auto [a, b, c] = box.edges;
  std::vector<double> cuts{0, std::min(1.0, c / length)};
  for (const double side : {a, b, std::hypot(a, b)}) {
    if (side < length) {
      cuts.push_back(std::sqrt(1 - side * side / (length * length)));
    }
  }
  std::ranges::sort(cuts);
  double sum = 0;
  for (std::size_t i = 1; i < cuts.size(); ++i) {
    if (cuts[i] > cuts[i - 1] && cuts[i - 1] * length < c) {
      // At the cuts the integrand is like a square root: of t in z ~ t^2 it is smooth.
      const double width = cuts[i] - cuts[i - 1];
      sum += boost::math::quadrature::gauss<double, kPoints>::integrate(
          [&](double t) {
            return over_azimuth(box, length, cuts[i - 1] + width * t * t * (3 - 2 * t)) * width * 6 * t *
                   (1 - t);
          },
          0.0, 1.0);
    }
  }
  // The mean over the octant is 2 / pi of the sum; the flux meets a quarter of the surface.
  return std::clamp(sum * 2 / std::numbers::pi * 4 / box.surface(), 0.0, 1.0);
}

ChordTable::ChordTable(const Box& box) {
  const auto ends = corners(box);
  for (std::size_t i = 1; i < ends.size(); ++i) {
    // Dense near a corner on either side, where the slope changes fastest.
    for (int k = 0; k < kTablePoints; ++k) {
      const double t = static_cast<double>(k) / kTablePoints;
      const double s = t * t * t * (10 - 15 * t + 6 * t * t);
      lengths_.push_back(ends[i - 1] + s * (ends[i] - ends[i - 1]));
      shares_.push_back(chords_at_least(box, lengths_.back()));
    }
  }
  lengths_.push_back(box.diagonal());
  shares_.push_back(0);
}

double ChordTable::at_least(double length) const {
  if (length >= lengths_.back()) {
    return 0;
  }
  const auto right = std::ranges::upper_bound(lengths_, length);
  if (right == lengths_.begin()) {
    return 1;
  }
  const auto i = static_cast<std::size_t>(right - lengths_.begin());
  const double width = lengths_[i] - lengths_[i - 1];
  const double t = width > 0 ? (length - lengths_[i - 1]) / width : 0;
  return shares_[i - 1] + t * (shares_[i] - shares_[i - 1]);
}

}  // namespace fluence
