// What the platform makes of a trial, whichever host runs it.
#pragma once

#include "fault/fault.hpp"

namespace fluence {

/// Throws InputError if so many images of a network do not fit in the platform's buffers.
void check_images_fit(const Topology& net, int count);

struct Flip {
  std::uint64_t address = 0;  ///< flat state address of the lowest bit that flips
  std::uint64_t mask = 0;     ///< bit k is the site at address + k
};
Flip flip_of(const Fault& fault, Semantics semantics, const SiteMap& sites);

// A run that takes a quarter longer than predicted, and this many cycles, hangs.
inline constexpr double kHangFactor = 1.25;
inline constexpr std::uint64_t kHangSlack = 50'000;

}  // namespace fluence
