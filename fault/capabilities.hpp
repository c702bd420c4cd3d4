// What an engine can do, as data, and in one place the sentences that refuse what it cannot.
#pragma once

#include <string>
#include <vector>

#include "fault/draw.hpp"
#include "fault/fault.hpp"

namespace fluence {

/// Where faults of some kind can be, by how they are timed.
struct SpacesByTime {
  std::vector<Space> by_image{}, by_cycle{};
};

/// Known before an engine is made, so that what it cannot do is refused before any work.
struct Capabilities {
  std::string kind{};  ///< "fast", as in a campaign's file
  std::string name{};  ///< in sentences: "the fast engine"
  /// What to ask for to get one that can do more, as an option and in a campaign's file; empty: nothing.
  std::string alternative{}, alternative_key{};

  std::vector<Space> by_image{};             ///< spaces in which it evaluates flips between images
  std::vector<Semantics> image_semantics{};  ///< how it can apply those
  std::vector<Space> by_cycle{};             ///< spaces in which it evaluates flips at cycles
  SpacesByTime stuck{}, intermittent{};      ///< and faults of these kinds
  bool needs_schedule = false;               ///< for faults at cycles
  int most_images = 0;                       ///< of a trial; 0: any number

  std::vector<Space> fates{};     ///< spaces of which it tells what became of a fault
  bool counts_cycles = false;     ///< fills TrialResult::cycles
  bool gains_by_batches = false;  ///< a batch may take it less time than its trials one by one

  [[nodiscard]] bool evaluates(Space space, bool at_cycle, FaultKind of_kind = FaultKind::flip) const;
  [[nodiscard]] const std::vector<Space>& spaces(bool at_cycle, FaultKind of_kind) const;
};

/// Throws InputError naming the case, what it asks for, and what can do it, unless the engine can
/// evaluate the trial.
void check_capable(const Capabilities& can, const FaultCase& trial, Semantics semantics);

/// Likewise of all trials that are drawn by a plan, in the words of a campaign's file.
void check_capable(const Capabilities& can, const DrawPlan& plan);

}  // namespace fluence
