// Which value a stored bit holds at a moment, and what becomes of a flip in it.
//
// That depends on nothing but how far the stages have come: the counts may be those of the recorded
// schedule or of a run under way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fault/fault.hpp"
#include "network/transient.hpp"
#include "rtl/sites.hpp"
#include "rtl/stage_kind.hpp"

namespace fluence {

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
  /// Of all the bits that a physical fault flips: read if one of them is, else overwritten if one is.
  Fate follow(const Fault& fault, const StageCounts& counts, int images,
              std::vector<Transient>& transients) const;

 private:
  class Sink;

  SiteMap sites_;
  Dataflow flow_;
  std::vector<StageWork> works_;       ///< [stage]
  std::vector<StreamTarget> targets_;  ///< [stream]
};

}  // namespace fluence
