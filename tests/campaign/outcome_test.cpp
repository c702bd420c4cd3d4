#include "campaign/outcome.hpp"

#include <gtest/gtest.h>

#include "network/topology.hpp"
#include "tests/support/published.hpp"

namespace fluence {
namespace {

constexpr std::size_t kOutcomeImages = 4;
constexpr int kClasses = 10;

// Image i is of class i, by far.
std::vector<std::int16_t> fault_free() {
  std::vector<std::int16_t> scores(kOutcomeImages * kScores, 5);
  for (std::size_t i = 0; i < kOutcomeImages; ++i) {
    scores[i * kScores + i] = 100;
  }
  return scores;
}

const std::vector<std::uint8_t> kOutcomeLabels = {0, 1, 2, 9};  // the last image is classified wrongly

TEST(Outcomes, WithoutFaultsAllImagesAreMasked) {
  const auto outcomes =
      compare({fault_free(), 4, "", 0}, fault_free(), kOutcomeLabels, kClasses, kScores);
  EXPECT_EQ(outcomes.masked, 4);
  EXPECT_EQ(outcomes.correct, 3);
  EXPECT_EQ(outcomes.tolerable + outcomes.critical + outcomes.hang, 0);
}

TEST(Outcomes, EachImageHasExactlyOne) {
  auto scores = fault_free();
  scores[1 * kScores + 63] = 6;   // a score that is no class: tolerable
  scores[2 * kScores + 7] = 101;  // another class: critical
  const auto outcomes =
      compare({scores, 3, "inter3", 0}, fault_free(), kOutcomeLabels, kClasses, kScores);
  EXPECT_EQ(outcomes.masked, 1);
  EXPECT_EQ(outcomes.tolerable, 1);
  EXPECT_EQ(outcomes.critical, 1);
  EXPECT_EQ(outcomes.hang, 1);
  EXPECT_EQ(outcomes.correct, 2);
}

TEST(Outcomes, SetsSayWhichImagesTheCountsAre) {
  constexpr std::size_t kMany = 11;                          // more than a byte has bits
  const std::vector<std::int16_t> base(kMany * kScores, 5);  // class 0
  const std::vector<std::uint8_t> labels = {0, 1, 0, 0, 0, 0, 0, 0, 0, 3, 0};
  auto scores = base;
  scores[1 * kScores + 1] = 9;   // becomes right
  scores[8 * kScores + 2] = 9;   // becomes wrong
  scores[9 * kScores + 4] = 9;   // wrong as before, by another class
  scores[4 * kScores + 63] = 6;  // tolerable
  ImageSets sets;
  const auto outcomes = compare({scores, 10, "inter3", 0}, base, labels, kClasses, kScores, &sets);
  EXPECT_EQ(outcomes.correct, 8);
  EXPECT_EQ(outcomes.critical, 3);
  EXPECT_EQ(sets.correct, std::string("\xff\x00", 2)) << "8 and 9 are wrong, 10 hung";
  EXPECT_EQ(sets.critical, std::string("\x02\x03", 2));
  EXPECT_TRUE(contains(sets.critical, 9));
  EXPECT_FALSE(contains(sets.critical, 10));
}

TEST(Outcomes, WrongClassMayBecomeCorrect) {
  auto scores = fault_free();
  scores[3 * kScores + 9] = 200;
  const auto outcomes = compare({scores, 4, "", 0}, fault_free(), kOutcomeLabels, kClasses, kScores);
  EXPECT_EQ(outcomes.critical, 1);
  EXPECT_EQ(outcomes.correct, 4);
}

TEST(Outcomes, OnlyScoresOfClassesDecide) {
  auto scores = fault_free();
  scores[2 * kScores + 43] = 101;
  const auto of = [&](int classes) {
    return compare({scores, 4, "", 0}, fault_free(), kOutcomeLabels, classes, kScores);
  };
  EXPECT_EQ(of(43).tolerable, 1);
  EXPECT_EQ(of(44).critical, 1);
  EXPECT_EQ(of(44).correct, 2);
}

TEST(Outcomes, DigestTellsScoresAndImagesApart) {
  const auto digest = [](std::size_t image, std::size_t score, std::int16_t value) {
    auto scores = fault_free();
    scores[image * kScores + score] = value;
    return compare({scores, 4, "", 0}, fault_free(), kOutcomeLabels, kClasses, kScores).digest;
  };
  const auto base = digest(1, 10, 6);
  EXPECT_EQ(base.size(), 16U);
  EXPECT_EQ(base, digest(1, 10, 6));
  EXPECT_NE(base, digest(1, 10, 7));
  EXPECT_NE(base, digest(1, 11, 6));
  EXPECT_NE(base, digest(2, 10, 6));
  EXPECT_NE(base, digest(1, 10, 5));  // 5: masked
}

}  // namespace
}  // namespace fluence
