// Poisson's distribution, from a trial's stream of numbers.
#pragma once

#include <cstdint>

#include "base/random.hpp"

namespace fluence {

/// A number of Poisson's distribution of a mean, which is finite and not below 0. Equal streams give
/// equal numbers on every machine: no logarithm is asked of its library. Takes time and numbers of the
/// stream in proportion to the mean.
std::uint64_t poisson(double mean, TrialRandom& random);

/// Whether less than 1e-9 of that distribution is above `most` (by Chernoff's bound).
bool poisson_is_within(double mean, double most);

}  // namespace fluence
