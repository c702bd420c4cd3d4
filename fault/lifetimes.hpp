// Which value a stored bit holds at a moment, and what becomes of a flip in it.
//
// That depends on nothing but how far the stages have come: the counts may be those of the recorded
// schedule or of a run under way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fault/engine.hpp"
#include "fault/sites.hpp"
#include "fault/stage_work.hpp"
#include "network/dataflow.hpp"
#include "network/transient.hpp"

namespace fluence {

class Lifetimes {
 public:
  /// The topology must outlive the object.
  explicit Lifetimes(const Topology& net);

  /// The fate of a bit that is flipped in the cycle of `counts` in a run of `images` images. In
  /// other spaces than weights and thresholds, appends what it changes to `transients`: nothing, unless
  /// it is read. The site must exist and not be one of `control`.
  Fate follow(const Site& site, const StageCounts& counts, int images,
              std::vector<Transient>& transients) const;
  /// Of all the bits that a physical fault flips: read if one of them is, else overwritten if one is.
  Fate follow(const Fault& fault, const StageCounts& counts, int images,
              std::vector<Transient>& transients) const;

 private:
  /// What the bits of a stream's words, in their order, are bits of.
  struct Target {
    int layer = 0;
    Transient::Point point{};
    int pixel_bits = 0;  ///< of a map's pixel
  };
  struct Places {
    std::vector<std::size_t> streams;            ///< module of `fifo` -> stream
    std::vector<std::size_t> registers;          ///< module of `stream` -> stage
    std::size_t window = 0, unit = 0, pool = 0;  ///< stages
  };
  struct Flip;

  Fate follow_slot(const Flip& flip, std::size_t stream) const;
  Fate follow_register(const Flip& flip, std::size_t stage) const;
  Fate follow_narrowing(const Flip& flip, std::size_t stage) const;
  Fate follow_widening(const Flip& flip, std::size_t stage) const;
  Fate follow_port(const Flip& flip, std::size_t stage, std::size_t stream) const;
  Fate follow_line(const Flip& flip, std::size_t stage) const;
  Fate follow_vector(const Flip& flip, std::size_t stage) const;
  Fate follow_sum(const Flip& flip, std::size_t stage) const;
  Fate follow_pool(const Flip& flip, std::size_t stage) const;
  /// The flip of a bit of word `word` of a stream, counted from the run's start.
  void emit(const Flip& flip, std::size_t stream, std::int64_t word, int bit) const;

  SiteMap sites_;
  Dataflow flow_;
  std::vector<StageWork> works_;  ///< [stage]
  std::vector<Target> targets_;   ///< [stream]
  std::vector<Places> places_;    ///< [layer]
};

}  // namespace fluence
