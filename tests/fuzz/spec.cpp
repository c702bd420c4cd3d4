// A campaign's specification, the form in which the results keep it, and trials that it draws.
#include "campaign/spec.hpp"

#include <map>

#include "tests/fuzz/input.hpp"

using namespace fluence;

namespace {

// What is drawn can be evaluated.
void draw(const Scenario& scenario, std::uint64_t seed) {
  constexpr int kMost = 1000;
  constexpr std::uint64_t kRunLength = 1'000'000;
  static std::map<const Topology*, SiteMap> maps;
  const auto& sites = maps.try_emplace(scenario.net, *scenario.net).first->second;
  auto plan = scenario.draw_plan;
  plan.faults = std::min(plan.faults, kMost);
  plan.run_length = kRunLength;
  fuzz::read_own([&] {
    const double expected = Drawer(sites, plan).expected();
    for (auto& upsets : plan.upsets_a_bit) {
      upsets *= std::min(1.0, kMost / std::max(1.0, expected));
    }
    const auto trial = Drawer(sites, plan).draw(seed, scenario.key(), 0);
    check_trial(trial, plan.semantics, sites, plan.images);
    check_cycles(trial, kRunLength);
    fuzz::require(std::ssize(trial.faults) <= (plan.upsets_a_bit.empty() ? plan.faults : 2 * kMost));
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::refuse_or_read([&] {
    const auto spec = Spec::parse(fuzz::as_text(data, size), "spec.toml");
    const auto again = fuzz::read_own([&] { return Spec::parse(spec.text, "text"); });
    fuzz::require(again.text == spec.text && again.scenarios.size() == spec.scenarios.size());
    fuzz::require(spec.most_images() > 0 && !spec.networks().empty());
    constexpr std::size_t kMost = 20;
    for (std::size_t s = 0; s < std::min(kMost, spec.scenarios.size()); ++s) {
      draw(spec.scenarios[s], spec.seed);
    }
  });
}
