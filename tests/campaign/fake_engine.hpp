// An engine whose answers are known, and campaigns on it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "campaign/runner.hpp"
#include "fault/fast_engine.hpp"
#include "tests/support/published.hpp"

namespace fluence::test {

inline constexpr int kImages = 6;
inline const std::vector<std::uint8_t> kLabels = {0, 1, 2, 3, 4, 5};
inline std::vector<std::uint8_t> labels_of(const Topology&) { return kLabels; }

// Scores that depend on image and earlier faults alone, as a real engine's do.
class FakeEngine : public Engine {
 public:
  using Before = std::function<void(const FaultCase&)>;
  explicit FakeEngine(const Topology& net, Before before = {})
      : Engine(net, kImages, 10, fast_capabilities()), before_(std::move(before)) {}

 protected:
  TrialResult run_one(const Trial& item, const CancelToken& /*cancel*/) override {
    const auto& trial = item.fault_case;
    if (before_) {
      before_(trial);
    }
    TrialResult result;
    result.images_done = trial.images;
    for (int i = 0; i < trial.images; ++i) {
      for (int c = 0; c < kScores; ++c) {
        int score = c == i ? 100 : 10;
        for (const auto& fault : trial.faults) {
          if (fault.before_image.value_or(0) <= i && fault.site.index % kScores == c) {
            score += 40 + fault.site.bit;
          }
        }
        result.scores.push_back(static_cast<std::int16_t>(score));
      }
    }
    return result;
  }

 private:
  Before before_;
};

inline EngineFactory factory(FakeEngine::Before before = {}) {
  return [before](EngineKind, const Topology& net, int) {
    return std::make_unique<FakeEngine>(net, before);
  };
}

inline Spec spec(int trials) {
  return Spec::parse("name = \"t\"\nseed = 3\ncount = 6\ntrials = " + std::to_string(trials) + R"(
[[part]]
networks = ["cnvW1A1", "cnvW2A2"]
modes = ["seu", "mbu"]
spaces = ["weights", "thresholds"]
faults = [1, 9]
time = "image"
)",
                     "t.toml");
}

inline const Manifest kRunnerManifest = {{"seed", "3"}, {"spec", "text"}};

// Runs all that is missing.
inline PoolEnd run(const std::filesystem::path& folder, const Spec& s, int jobs,
                   const EngineFactory& engines = factory()) {
  auto store = Store::open(folder, kRunnerManifest, s.scenarios);
  return run_campaign(s, store, engines, labels_of, {jobs});
}

}  // namespace fluence::test
