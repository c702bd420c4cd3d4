// A baseline of the gate, and comparisons with it.
#include "analysis/gate.hpp"

#include <algorithm>
#include <cmath>

#include "tests/fuzz/input.hpp"

using namespace fluence;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::refuse_or_read([&] {
    const auto baseline = GateBaseline::parse(fuzz::as_text(data, size), "baseline.json");
    const auto text = baseline.text();
    const auto again = fuzz::read_own([&] { return GateBaseline::parse(text, "text"); });
    fuzz::require(again.text() == text);
    const auto same = fuzz::read_own([&] { return compare(baseline, baseline, {}); });
    for (const auto& comparison : same) {
      fuzz::require(comparison.verdict == GateVerdict::no_difference);
    }
    auto unharmed = baseline;  // all trials have what the fault-free run has
    for (auto& sample : unharmed.samples) {
      std::ranges::fill(sample.correct, sample.fault_free);
    }
    for (const bool harmed : {false, true}) {
      const auto comparisons = fuzz::read_own([&] {
        return compare(harmed ? unharmed : baseline, harmed ? baseline : unharmed, {0.05, 0.5});
      });
      for (const auto& c : comparisons) {
        fuzz::require(c.p >= 0 && c.p <= 1 && c.adjusted >= c.p && std::isfinite(c.before) &&
                      std::isfinite(c.now) && std::isfinite(c.half_width) && c.half_width >= 0);
      }
    }
    fuzz::require(!gate_table(same, {}).empty() && !gate_junit(same, baseline.name).empty());
  });
}
