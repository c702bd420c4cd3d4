// One cell of a campaign's grid.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "campaign/dose.hpp"
#include "campaign/outcome_rule.hpp"
#include "campaign/stopping.hpp"
#include "fault/draw.hpp"
#include "network/topology.hpp"

namespace fluence {

enum class EngineKind { fast, rtl };
std::string_view to_string(EngineKind kind);
/// Throws InputError naming the known ones.
EngineKind engine_from_string(std::string_view name);

/// What a scenario's mode says of its faults.
struct Mode {
  int word_size = 1;
  FaultKind kind = FaultKind::flip;
  std::optional<std::uint64_t> duration{};
  Extent extent = Extent::bit;
  std::string burst{};  ///< bits in a row, or the name of a table; empty: none
};
/// Of a burst.
inline constexpr int kMostBurstBits = 1024;
/// Whether a table of shapes may be called so: letters, digits, '_' and '-', a letter first.
bool is_burst_name(std::string_view text);
/// Throws InputError naming the known ones.
Mode mode_from_string(const std::string& name);

/// Many trials that are drawn alike and evaluated by one engine.
struct Scenario {
  EngineKind engine{};
  const Topology* net = nullptr;
  DrawPlan draw_plan;
  int trials = 0;                  ///< at most, if there is a target
  std::optional<Target> target{};  ///< no part of `text()`
  OutcomeRule rule{};              ///< of all scenarios of a network; no part of `text()`
  double limit = 0;                ///< seconds that a trial may take, 0: any; no part of `text()`
  std::vector<double> recorded{};  ///< accuracies measured elsewhere, per cent; no part of `text()`
  std::optional<Dose> dose{};      ///< in place of the plan's faults, which has upsets a bit of it
  std::string burst{};             ///< what the mode calls the plan's bursts, if it has some
  /// By which maps trials are drawn, "map DIGEST plain 0.2"; empty: plainly. The plan has the importance
  /// that follows, or none if nobody has read the maps.
  std::string draw{};
  double expected = 0;  ///< upsets of a trial on average; no part of `text()`

  /// "seu", "mbu", "stuck0", "stuck1" or, for a while, "stuck1:DURATION", "intermittent:DURATION"; or
  /// "burst:BITS", "burst:NAME" of a table; or "stuck0@module" and the like.
  [[nodiscard]] std::string mode() const;
  /// "weights", or "weights+thresholds" where trials hit several spaces.
  [[nodiscard]] std::string spaces() const;
  /// "all", or "3", or "0+1+2" where trials hit several layers.
  [[nodiscard]] std::string layers() const;
  [[nodiscard]] std::string time() const {
    return draw_plan.from_start ? "start" : draw_plan.by_cycle ? "cycle" : "image";
  }
  /// All that a trial's upsets depend on, as text: "NAME seu weights layers all faults 10 ...", or "dose
  /// 1e-07 upsets/bit/image ..." in place of faults, and behind all " bursts DIGEST" of shapes and
  /// layout, " reload N", and " draw common" or " draw map ...". The engine is no part of it, so the
  /// same scenario on both engines draws the same upsets.
  [[nodiscard]] std::string text() const;
  /// The scenario's part of a trial's key: a digest of `text()`, so that a scenario's trials do not
  /// change when others are put before it in the campaign. Of common draws it has the network's name in
  /// place of the hardware's, and no layout; how often parameters are reloaded is in none.
  [[nodiscard]] std::uint64_t key() const;

 private:
  /// `drawn`: what upsets depend on alone, of common draws also on other hardwares.
  [[nodiscard]] std::string text_of(bool drawn) const;
};

}  // namespace fluence
