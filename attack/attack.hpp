// The worst case as a search: the stored parameter bits, at most k, whose inversion costs most accuracy.
// Docs: docs/attack.md.
//
// Progressive bit search (Rakin et al., ICCV 2019) without gradients: bit after bit, the one that does
// most harm together with those found before. Bits flip before the first image and stay flipped.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "attack/evaluate.hpp"
#include "network/images.hpp"
#include "network/parameters.hpp"
#include "rtl/sites.hpp"

namespace fluence {

struct AttackPlan {
  std::vector<Space> spaces;  ///< weights, thresholds or both
  std::vector<int> layers;    ///< empty: all
  int bits = 1;               ///< at most
  int evaluations = 1;        ///< runs over the images, in all; of no meaning if exhaustive
  std::uint64_t seed = 0;
  int jobs = 1;
  bool exhaustive = false;  ///< each step tries every bit
};

struct AttackHooks {
  /// A bit was found; `sites` are all so far, in order, and `margins` is what they leave.
  std::function<void(const std::vector<Site>& sites, const Margins& margins)> found;
  /// Several times a second: evaluations done.
  std::function<void(std::int64_t evaluations)> tick;
};

struct Attack {
  Margins fault_free;
  std::vector<Site> sites;       ///< in the order in which they were found
  std::vector<Margins> margins;  ///< with this bit and those before it; each less than the one before
  std::int64_t evaluations = 0;  ///< done
  bool interrupted = false;
};

/// Searches on all of `images`. A step's candidates are bits drawn evenly over the spaces of the layers,
/// the best of the step before, and variations of the best in one coordinate; or, where there are no
/// more, all bits. Exhaustive, it is a complete map (map/) with the bits found so far inverted. Ends
/// before the last bit if no candidate does harm. Depends on plan (but for `jobs`), parameters and
/// images alone. Throws InputError if a space, a layer or the number of bits is impossible.
Attack attack(const Parameters& parameters, const ImageSet& images, const AttackPlan& plan,
              const AttackHooks& hooks);

/// The worst of random trials for comparison.
struct WorstRandom {
  FaultCase trial;
  Margins margins;
  bool interrupted = false;  ///< then nothing else is said
};

/// Draws `trials` times as many bits as the plan's, uniformly from the same layers and spaces, flipped
/// at the same time. Throws like `attack`.
WorstRandom worst_random(const Parameters& parameters, const ImageSet& images, const AttackPlan& plan,
                         int trials, const AttackHooks& hooks);

/// The sites as faults before the first of so many images.
FaultCase attack_case(const std::vector<Site>& sites, int images);

}  // namespace fluence
