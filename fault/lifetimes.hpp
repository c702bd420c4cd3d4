// Which value a stored bit holds at a moment, and what becomes of a flip in it; and which words are
// stored there while it is stuck.
//
// That depends on nothing but how far the stages have come: the counts may be those of the recorded
// schedule or of a run under way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "fault/fault.hpp"
#include "fault/held_bits.hpp"
#include "network/transient.hpp"
#include "rtl/matrix_vector/matrix_vector.hpp"
#include "rtl/sites.hpp"
#include "rtl/stage_kind.hpp"

namespace fluence {

/// The cycle of a fault at a cycle from whose counts follows which words it meets after its first one:
/// the last in which a stuck bit is held, the first that an intermittent fault leaves alone; kForever:
/// the run's end. None for what its first cycle tells all of.
std::optional<std::uint64_t> last_cycle(const Fault& fault);

class Lifetimes {
 public:
  /// The topology must outlive the object.
  explicit Lifetimes(const Topology& net) : Lifetimes(dataflow(net)) {}
  /// As must the kinds of the chain's stages.
  explicit Lifetimes(const Dataflow& flow);

  /// The fate of a bit that is flipped in the cycle of `counts` in a run of `images` images. In
  /// other spaces than weights and thresholds, appends what it changes to `transients`: nothing, unless
  /// it is read. The site must exist and not be one of `control`.
  Fate follow(const Site& site, const StageCounts& counts, int images,
              std::vector<Transient>& transients) const;
  /// Of all the bits that a physical fault concerns: read if one of them is, else overwritten if one is.
  /// `begin`: the counts in the fault's first cycle; `last`: those in `last_cycle` of it, or of an idle
  /// pipeline after the images before its end. A flip does not ask for those. What is stuck already by
  /// `held` is not changed.
  ///
  /// A stuck bit sets each word that is there in one of its cycles, from then on to the word's end, and
  /// is read if one of these words is. An intermittent fault, in weights and thresholds alone, is read
  /// if the word is before its end.
  Fate follow(const Fault& fault, const StageCounts& begin, const StageCounts& last, int images,
              std::vector<Transient>& transients, const HeldBits& held = {}) const;

  /// The first window that is computed with a word of weights or thresholds as it is then, if images
  /// never end.
  [[nodiscard]] FirstRead first_read(const Site& site, const StageCounts& counts) const;

 private:
  class Sink;
  Fate follow_stuck(const Site& site, const StageCounts& begin, const StageCounts& last, int images,
                    std::vector<Transient>& transients) const;
  [[nodiscard]] bool read_before(const Site& site, const StageCounts& begin,
                                 const StageCounts& end) const;

  SiteMap sites_;
  Dataflow flow_;
  std::vector<StageWork> works_;       ///< [stage]
  std::vector<StreamTarget> targets_;  ///< [stream]
};

}  // namespace fluence
