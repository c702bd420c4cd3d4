// A baseline of the gate, and a comparison with it.
#include "analysis/gate.hpp"
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
    fuzz::require(!gate_table(same, {}).empty() && !gate_junit(same, baseline.name).empty());
  });
}
