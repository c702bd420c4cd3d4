#include "campaign/outcome.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
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

TEST(Outcomes, DigestsAreOfTheBytesThatStoredResultsHave) {
  const std::vector<Score> scores = {-2, 300};
  Digest digest;
  add_scores(scores, digest);
  Digest bytes;
  bytes.add(std::string_view("\xfe\xff\x2c\x01", 4));
  EXPECT_EQ(digest.hex(), bytes.hex());

  const Scores base = {5, 4};
  const std::vector<std::uint8_t> labels = {0};
  Digest expected;
  expected.add(std::uint64_t{0});
  expected.add(std::string_view("\xfe\xff\x2c\x01", 4));
  EXPECT_EQ(compare({scores, 1, "", 0}, base, labels, 2, 2).digest, expected.hex());
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

Outcomes by(const OutcomeRule& rule, const std::vector<std::int16_t>& scores,
            ImageSets* sets = nullptr) {
  return compare({scores, 4, "", 0}, fault_free(), kOutcomeLabels, kClasses, kScores, sets, rule);
}

CriticalRule rule(const std::string& text) { return CriticalRule::parse(text); }

// Image 0 becomes class 4, 1 class 5, 2 keeps its class by 3, 3 by 1.
std::vector<std::int16_t> upset() {
  auto scores = fault_free();
  scores[0 * kScores + 4] = 101;
  scores[1 * kScores + 5] = 101;
  scores[1 * kScores + 6] = 100;
  scores[2 * kScores + 9] = 97;
  scores[3 * kScores + 9] = 99;
  return scores;
}

TEST(CriticalRule, OfPairsKnowsThoseAlone) {
  const auto critical = [](const std::string& text) { return by({rule(text)}, upset()).critical; };
  EXPECT_EQ(critical("class"), 2);
  EXPECT_EQ(critical("pairs 0>4"), 1);
  EXPECT_EQ(critical("pairs 0>5 1>4 4>0"), 0);
  EXPECT_EQ(critical("pairs 0>4 1>5"), 2);
  EXPECT_EQ(critical("pairs *>5"), 1);
  EXPECT_EQ(critical("pairs 1>* 2>*"), 1) << "image 2 keeps its class";
  EXPECT_EQ(critical("pairs *>*"), 2);
  const auto outcomes = by({rule("pairs 0>4")}, upset());
  EXPECT_EQ(outcomes.tolerable, 3);
  EXPECT_EQ(outcomes.correct, 1);
  EXPECT_EQ(outcomes.digest, by({}, upset()).digest) << "scores are what they are";
}

TEST(CriticalRule, OfTheHighestAsksForTheFaultFreeClassAmongThem) {
  const auto critical = [](const std::string& text) { return by({rule(text)}, upset()).critical; };
  EXPECT_EQ(critical("top 1"), 2) << "as another class";
  EXPECT_EQ(critical("top 2"), 0) << "class 1 comes before 6, of equal scores the first counts";
  auto scores = upset();
  scores[1 * kScores + 6] = 101;
  EXPECT_EQ(by({rule("top 2")}, scores).critical, 1);
  EXPECT_EQ(by({rule("top 3")}, scores).critical, 0);
}

TEST(CriticalRule, OfTheHighestKnowsScoresBelow0AsTheClassDoes) {
  std::vector<std::int16_t> scores(4 * kScores, -7);
  const auto base = std::vector<std::int16_t>(4 * kScores, -9);
  scores[3] = -1;  // still class 0, where no score is above 0
  const auto of = [&](const std::string& text) {
    return compare({scores, 4, "", 0}, base, kOutcomeLabels, kClasses, kScores, nullptr, {rule(text)});
  };
  EXPECT_EQ(of("class").critical, 0);
  EXPECT_EQ(of("top 1").critical, 0);
}

TEST(CriticalRule, OfAMarginIsCrossedDownwardsAlone) {
  const auto critical = [](const std::string& text) { return by({rule(text)}, upset()).critical; };
  EXPECT_EQ(critical("margin 1"), 2) << "as another class";
  EXPECT_EQ(critical("margin 2"), 3);
  EXPECT_EQ(critical("margin 3"), 3) << "a lead of 3 is one";
  EXPECT_EQ(critical("margin 4"), 4);
  EXPECT_EQ(critical("margin 95"), 4);
  EXPECT_EQ(critical("margin 96"), 2) << "without faults none has it, and the class alone decides";
}

TEST(CriticalRule, IsKeptAsText) {
  for (const auto* text : {"class", "top 3", "margin 10", "pairs 0>4", "pairs *>3 14>1 14>*"}) {
    EXPECT_EQ(rule(text).text(), text);
  }
  for (const auto* text : {"", "top", "top 0", "top x", "margin -1", "pairs", "pairs 3", "pairs 3>",
                           "pairs -1>2", "pairs 1>2>3", "class 1", "top 3 ", "TOP 3"}) {
    EXPECT_THROW(rule(text), InputError) << text;
  }
  EXPECT_EQ(ScoreRange::parse("-3 to 512"), (ScoreRange{-3, 512}));
  for (const auto* text : {"", "3", "4 to 3", "a to b", "3 to "}) {
    EXPECT_THROW(ScoreRange::parse(text), InputError) << text;
  }
}

TEST(CriticalRule, NamesAreThoseOfTheNetworksClasses) {
  const std::vector<std::string> classes = {"stop", "", "speed 30"};
  CriticalRule named{CriticalRule::Kind::pairs, 0, {}, {{{0, "stop"}, {2}}, {{1}, {0, "*"}}}};
  named.resolve(classes, 3);
  EXPECT_EQ(named.text(), "pairs 0>2 1>*");
  const auto refusal = [&](CriticalRule wrong) -> std::string {
    try {
      wrong.resolve(classes, 3);
    } catch (const InputError& e) {
      return e.what();
    }
    return "no refusal";
  };
  EXPECT_EQ(refusal({CriticalRule::Kind::pairs, 0, {}, {{{0, "stop"}, {0, "sped 30"}}}}),
            "there is no class 'sped 30': use 0 ('stop'), 1, 2 ('speed 30')");
  EXPECT_EQ(refusal({CriticalRule::Kind::pairs, 0, {}, {{{3}, {0}}}}),
            "there is no class 3: use 0 ('stop'), 1, 2 ('speed 30')");
  EXPECT_EQ(refusal({CriticalRule::Kind::top, 3}),
            "of 3 classes, each is always among so many: use a smaller number");
}

TEST(PlausibleScores, AreThoseOfClassesOfFinishedImages) {
  auto scores = upset();
  scores[2 * kScores + 63] = 4000;  // of no class
  ImageSets sets;
  const auto outcomes = compare({scores, 3, "inter3", 0}, fault_free(), kOutcomeLabels, kClasses,
                                kScores, &sets, {{}, ScoreRange{5, 100}});
  EXPECT_EQ(outcomes.implausible, 2);
  EXPECT_EQ(sets.implausible, "\x03");
  EXPECT_EQ(by({}, scores, &sets).implausible, 0);
  EXPECT_EQ(sets.implausible, "");
}

}  // namespace
}  // namespace fluence
