// What a specification says of outcomes: the keys `critical`, `plausible` and `watchdog`.
#pragma once

#include "campaign/outcome_rule.hpp"
#include "campaign/toml_table.hpp"

namespace fluence {

/// Cycles that `watchdog` may be. A run on the RTL is not predicted to the cycle.
inline constexpr std::int64_t kLeastWatchdog = 1'000;
inline constexpr std::int64_t kMostWatchdog = 1'000'000'000;

/// Reads the keys that a table has; what it does not say is as in `inherited`. Throws InputError naming
/// file, line, key and remedy.
OutcomeRule read_outcome_keys(TomlTable& table, OutcomeRule inherited = {});

}  // namespace fluence
