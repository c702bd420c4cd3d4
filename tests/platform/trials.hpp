// What the tests of checkpoints and of handed-over trials have in common.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "fault/draw.hpp"
#include "fault/engine.hpp"
#include "fault/schedule.hpp"
#include "tests/support/published.hpp"
#include "tests/support/random_network.hpp"

namespace fluence::test {

inline constexpr int kTrialImages = 6;

inline Schedule schedule_of(const Topology& net) {
  return Schedule::read(FLUENCE_SOURCE_DIR "/schedules", net);
}

/// Upsets at cycles of a run of kTrialImages images.
inline DrawPlan plan_by_cycle(const Topology& net, std::vector<Space> spaces, int faults,
                              int word_size) {
  return {std::move(spaces),   {},   faults,       word_size,
          Semantics::physical, true, kTrialImages, schedule_of(net).run_length(kTrialImages)};
}

inline ImageSet random_images() {
  std::vector<Image> images;
  for (int i = 0; i < kTrialImages; ++i) {
    images.push_back(random_image(static_cast<std::uint64_t>(i)));
  }
  return ImageSet(std::move(images));
}

inline void expect_same(const TrialResult& result, const TrialResult& expected,
                        const std::string& what) {
  const auto differs = std::ranges::mismatch(result.scores, expected.scores).in1;
  EXPECT_EQ(differs, result.scores.end())
      << "from image " << (differs - result.scores.begin()) / kScores << " on: " << what;
  EXPECT_EQ(result.images_done, expected.images_done) << what;
  EXPECT_EQ(result.hang, expected.hang) << what;
}

inline std::string text_of(const FaultCase& trial) {
  std::string text;
  for (const auto& fault : trial.faults) {
    const auto& s = fault.site;
    text += std::string(to_string(s.space)) + " layer " + std::to_string(s.layer) + " module " +
            std::to_string(s.module) + " bit " + std::to_string(s.bit) + " cycle " +
            std::to_string(*fault.cycle) + " size " + std::to_string(fault.word_size) + " " +
            std::string(to_string(fault.kind)) +
            (fault.duration ? " for " + std::to_string(*fault.duration) : "") + "; ";
  }
  return text;
}

}  // namespace fluence::test
