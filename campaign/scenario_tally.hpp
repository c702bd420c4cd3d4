// A scenario as results hold it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "campaign/outcome_rule.hpp"

namespace SQLite {
class Database;
}

namespace fluence {

/// A scenario as stored, with sums over its finished trials.
struct ScenarioTally {
  std::string engine, network, mode, spaces, layers, time, semantics;
  OutcomeRule rule;  ///< by which its outcomes were told
  int reload = 0;    ///< of FaultCase
  int faults = 0;    ///< of a trial; 0 with a dose
  std::string dose;  ///< its unit, as DoseUnit's text; empty: none
  double dose_value = 0;
  double expected = 0;  ///< upsets of a trial on average; with a dose
  int images = 0;
  int trials = 0;  ///< asked for
  int done = 0;
  int failed = 0;                                 ///< not in `done` nor in any sum
  std::int64_t correct = 0, correct_squares = 0;  ///< sums over trials of images and images squared
  std::int64_t least_correct = 0, most_correct = 0;
  std::int64_t masked = 0, tolerable = 0, critical = 0, hang = 0;  ///< images of all trials
  std::string draw;  ///< by which maps trials are drawn; empty: plainly, and all sums are as drawn
  int baseline_correct = -1;  ///< -1: no trial has finished

  /// Upsets of a trial, on average if it has a dose.
  [[nodiscard]] double upsets() const { return dose.empty() ? faults : expected; }
  /// What the specification states: "faults 10", or "dose 1e-07 upsets/bit/image".
  [[nodiscard]] std::string amount() const;
};

/// Of a results database, in the order of the scenarios. Throws SQLite::Exception.
std::vector<ScenarioTally> scenario_tallies(SQLite::Database& db);

/// A rule as three columns of a scenario have it. Throws InputError if it is none.
OutcomeRule stored_rule(const std::string& critical, const std::string& plausible,
                        std::int64_t watchdog);

}  // namespace fluence
