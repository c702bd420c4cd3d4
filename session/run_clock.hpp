// The cycles of a network's runs, for latencies.
#pragma once

#include "campaign/manifest.hpp"
#include "campaign/outcome_rule.hpp"
#include "evidence/detection.hpp"

namespace fluence {

/// By the schedule at hand, and the watchdog of a rule. Throws InputError if there is no schedule, or
/// not the one that the results of `manifest` rest on. The topology must outlive the clock.
RunClock run_clock(const Topology& net, const OutcomeRule& rule, const Manifest& manifest);

}  // namespace fluence
