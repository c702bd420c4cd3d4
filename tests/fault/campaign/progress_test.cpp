#include "fault/campaign/progress.hpp"

#include <gmock/gmock.h>

namespace fluence {
namespace {

using ::testing::HasSubstr;

std::vector<Scenario> scenarios() {
  Scenario fast{EngineKind::fast, &topology("cnvW1A1"), {}, 100};
  fast.recipe.images = 10;
  Scenario rtl{EngineKind::rtl, &topology("cnvW1A1"), {}, 10};
  rtl.recipe.images = 2;
  return {fast, rtl};
}

TEST(Progress, SaysRateAndTimeLeft) {
  const auto all = scenarios();
  Progress progress(all, 20, {80, 10}, 2, false);  // 20 trials were there before
  const auto start = Progress::Clock::now();
  EXPECT_EQ(progress.text(start), "20/110 trials");
  for (int i = 0; i < 40; ++i) {
    progress.finished(0, 1.0);
  }
  // 40 trials of 10 images left at 0.1 s an image; the 10 of the other engine, 2 images each, are
  // guessed.
  const auto text = progress.text(start + std::chrono::seconds(20));
  EXPECT_THAT(text, HasSubstr("60/110 trials, 20 trial-images/s, at least 21 s left"));
  progress.finished(1, 60.0);
  // Now it is known: 40 s of the one and 9 minutes of the other, on two workers.
  EXPECT_THAT(progress.text(start + std::chrono::seconds(20)), HasSubstr(", 4 min 50 s left"));
}

TEST(Progress, RateIsThatOfTheLastHalfMinute) {
  const auto all = scenarios();
  Progress progress(all, 10, {100, 0}, 1, false);
  const auto start = Progress::Clock::now();
  for (int i = 0; i < 60; ++i) {
    progress.finished(0, 1.0);
  }
  for (int second = 1; second <= 60; ++second) {
    progress.show(start + std::chrono::seconds(second));
  }
  for (int i = 0; i < 39; ++i) {
    progress.finished(0, 1.0);
  }
  EXPECT_THAT(progress.text(start + std::chrono::seconds(69)), HasSubstr(", 10 trial-images/s"));
  progress.finished(0, 1.0);
  EXPECT_THAT(progress.text(start + std::chrono::seconds(100)),
              HasSubstr("110/110 trials, 10 trial-images/s, took 1 min 40 s"));
}

TEST(Progress, DurationsReadWell) {
  EXPECT_EQ(duration_text(0.2), "0 s");
  EXPECT_EQ(duration_text(59.4), "59 s");
  EXPECT_EQ(duration_text(185), "3 min 5 s");
  EXPECT_EQ(duration_text(7800), "2 h 10 min");
}

}  // namespace
}  // namespace fluence
