// How many trials an experiment needs before it starts.
#pragma once

#include <cstdint>
#include <vector>

#include "rtl/sites.hpp"

namespace fluence {

/// What is to be known of a share (of trials with some outcome).
struct Precision {
  double margin = 0.01;      ///< half the width of the interval, 0 to 1
  double confidence = 0.95;  ///< 0 to 1
  double share = 0.5;        ///< as expected; 0.5 needs the most
};

/// Trials with one upset each that know a share to a margin, drawn without repetition from `population`
/// possible upsets: n = N / (1 + e^2 (N - 1) / (z^2 p (1 - p))), rounded up (Leveugle et al., DATE
/// 2009).
std::uint64_t sample_size(double population, const Precision& precision);

/// One space of one layer.
struct Stratum {
  Space space{};
  int layer = 0;
  std::uint64_t bits = 0;
  double population = 0;  ///< bits x times
  std::uint64_t trials = 0;
};

/// The strata of a network that have bits, each planned on its own. `times`: instants at which an upset
/// can fall (cycles or images of a run).
std::vector<Stratum> plan_strata(const SiteMap& sites, const std::vector<Space>& spaces, double times,
                                 const Precision& precision);

}  // namespace fluence
