// Results of a campaign that never ran, whose statistics are known.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "campaign/provenance.hpp"
#include "campaign/spec.hpp"
#include "campaign/store.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence::test {

inline constexpr int kImages = 1000;
inline constexpr int kFaultFree = 800;

inline std::string spec_text(const std::string& grid, int trials) {
  return "name = \"made-up\"\nseed = 1\ncount = 1000\ntrials = " + std::to_string(trials) +
         "\n[[part]]\nnetworks = [\"cnvW1A1\", \"cnvW2A2\"]\nmodes = [\"seu\", \"mbu\"]\n" + grid;
}
inline constexpr auto kUniform = "spaces = [\"weights\", \"thresholds\"]\nfaults = [1, 10, 100]\n";
inline constexpr auto kLayers =
    "spaces = [[\"weights\", \"thresholds\"]]\nlayers = [0, 1, 4, 5, 8]\nfaults = [1, 10, 100]\n";

// Images lost by trial `k` of a scenario.
using Loss = std::function<int(const Scenario&, int k)>;
// Images of another class.
inline int few_critical(const Scenario& /*scenario*/, int k) { return 2 * k; }

// `count` images from one of the correct ones on, round about them.
inline std::string images_from(int first, int count) {
  std::string set(set_size(kImages), '\0');
  for (int i = 0; i < count; ++i) {
    insert(set, static_cast<std::size_t>((first + i) % kFaultFree));
  }
  return set;
}
// Without faults all but the last 200 are correct; `lost` of them from one on are not, or if it is
// negative so many more are.
inline std::string images_correct(int lost, int first) {
  auto set = images_from(first + std::max(lost, 0), kFaultFree - std::max(lost, 0));
  for (int i = 0; i < -lost; ++i) {
    insert(set, static_cast<std::size_t>(kFaultFree + i));
  }
  return set;
}

// Results with `done` trials a scenario; upset i of trial k flips bit (k + i) % 16 of the scenario's
// space.
inline Store made_up(const TempDir& dir, const std::string& text, int done, const Loss& loss,
                     const Manifest& more = {}, const Loss& changed = few_critical) {
  const auto spec = Spec::parse(text, "made-up.toml");
  {
    Manifest manifest{
        {"name", spec.name}, {"spec", text}, {kGivenParams, kEmbedded}, {kGivenImages, kEmbedded}};
    manifest.insert(more.begin(), more.end());
    auto store = Store::open(dir.path(), manifest, spec.scenarios);
    for (std::size_t s = 0; s < spec.scenarios.size(); ++s) {
      std::vector<TrialRecord> records;
      for (int k = 0; k < done; ++k) {
        auto& r = records.emplace_back();
        r.scenario = static_cast<int>(s);
        r.trial = k;
        const int lost = loss(spec.scenarios[s], k);
        const int critical = changed(spec.scenarios[s], k);
        r.outcomes = {kFaultFree - lost, kImages - 10 - critical, 10, critical, 0, "d"};
        r.baseline = {kFaultFree, "b", images_correct(0, 0)};
        r.sets = {images_correct(lost, 131 * k), images_from(131 * k, critical)};
        const auto& draw_plan = spec.scenarios[s].draw_plan;
        for (int i = 0; i < std::min(draw_plan.faults, 20); ++i) {
          auto& fault = r.upsets.emplace_back();
          fault.before_image = i;
          fault.site.space = draw_plan.spaces.front();
          fault.site.layer = draw_plan.layers.empty() ? 1 : draw_plan.layers.front();
          fault.site.bit = (k + i) % 16;
          fault.word_size = draw_plan.word_size;
        }
      }
      store.add(records);
    }
  }
  return Store::open_existing(dir.path());
}

inline int plausible(const Scenario& s, int k) {
  const int bits = s.net->name == "cnvW1A1" ? 2 : 1;
  const int domain = s.spaces() == "weights" ? 1 : 2;
  return bits * domain * (s.draw_plan.word_size == 1 ? 1 : 2) * s.draw_plan.faults / 8 + k % 3;
}

}  // namespace fluence::test
