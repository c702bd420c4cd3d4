// What the platform makes of a trial, whichever host runs it.
#pragma once

#include <cstdint>
#include <vector>

#include "fault/fault.hpp"

namespace fluence {

/// Throws InputError if so many images of a network do not fit in the platform's buffers.
void check_images_fit(const Topology& net, int count);

struct Flip {
  std::uint64_t address = 0;  ///< flat state address of the lowest bit that flips
  std::uint64_t mask = 0;     ///< bit k is the site at address + k
};
Flip flip_of(const Fault& fault, Semantics semantics, const SiteMap& sites);

/// A fault between images that begins or ends, and before which image that is.
struct ChangeBetweenImages {
  int image = 0;
  const Fault* fault = nullptr;
  bool end = false;
};
/// All of a trial, which must outlive them, in order of time; at one time those that end come first,
/// then flips in their order, then stuck bits.
std::vector<ChangeBetweenImages> changes_between_images(const FaultCase& trial);

// A run that takes a quarter longer than predicted, and this many cycles, hangs.
inline constexpr double kHangFactor = 1.25;
inline constexpr std::uint64_t kHangSlack = 50'000;

}  // namespace fluence
