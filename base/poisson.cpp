#include "base/poisson.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

namespace fluence {
namespace {

// [k] 2^64 times the probability of at most k, of mean 1. More are rarer than 2^-64.
constexpr auto kAtMost = [] {
  std::array<std::uint64_t, 20> at_most{};
  std::uint64_t probability = 6'786'177'901'268'885'274;  // 2^64 / e
  std::uint64_t sum = 0;
  for (std::uint64_t k = 0; k < at_most.size(); ++k) {
    sum += probability;
    at_most[k] = sum;
    probability /= k + 1;
  }
  return at_most;
}();

}  // namespace

// A mean that is no whole number is that of the next whole one, of which each event is kept with the
// share that is wanted.
std::uint64_t poisson(double mean, TrialRandom& random) {
  assert(mean >= 0 && std::isfinite(mean));
  const double units = std::ceil(mean);
  const bool all = mean == units;
  const auto kept = all ? 0 : static_cast<std::uint64_t>(std::ldexp(mean / units, 64));
  std::uint64_t count = 0;
  for (double unit = 0; unit < units; ++unit) {
    const auto events = std::ranges::upper_bound(kAtMost, random.next()) - kAtMost.begin();
    for (std::ptrdiff_t event = 0; event < events; ++event) {
      count += all || random.next() < kept ? 1 : 0;
    }
  }
  return count;
}

bool poisson_is_within(double mean, double most) {
  constexpr double kRare = 1e-9;
  const double above = most + 1;
  return mean == 0 || (mean < above && above - mean - above * std::log(above / mean) < std::log(kRare));
}

}  // namespace fluence
