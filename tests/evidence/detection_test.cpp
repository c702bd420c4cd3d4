#include "evidence/detection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "network/known_networks.hpp"

namespace fluence {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

constexpr int kTenImages = 10;
constexpr auto kF = SafetyClass::fault_free;
constexpr auto kN = SafetyClass::no_effect;
constexpr auto kL = SafetyClass::latent;
constexpr auto kD = SafetyClass::detected;
constexpr auto kU = SafetyClass::undetected;

// The first image takes 1000 cycles, each further one 100.
RunClock clock_of_hundreds() {
  return {[](int images) { return 900 + 100 * static_cast<std::uint64_t>(images); },
          [](int images) { return 5000 + 100 * static_cast<std::uint64_t>(images); }};
}

ScenarioTally tally_of(const std::string& time) {
  ScenarioTally tally;
  tally.network = "cnvW1A1";
  tally.time = time;
  tally.images = kTenImages;
  return tally;
}

std::string set_of(const std::vector<std::size_t>& images) {
  std::string set(set_size(kTenImages), '\0');
  for (const auto image : images) {
    insert(set, image);
  }
  return set;
}

StoredTrial trial_with(const std::vector<std::size_t>& critical, int tolerable = 0, int hang = 0,
                       const std::vector<std::size_t>& implausible = {}) {
  const int many = static_cast<int>(critical.size());
  StoredTrial trial{0, {10, kTenImages - tolerable - many - hang, tolerable, many, hang, ""}};
  trial.outcomes.implausible = static_cast<int>(implausible.size());
  trial.critical_set = set_of(critical);
  trial.implausible_set = implausible.empty() ? "" : set_of(implausible);
  return trial;
}

StoredUpset upset_at(std::int64_t image, Space space = Space::weights, Fate fate = Fate::read) {
  StoredUpset upset;
  upset.fault.before_image = image;
  upset.fault.site = {space, 1, 0, 0, 0, 0};
  upset.fate = fate;
  return upset;
}

StoredUpset upset_in(std::uint64_t cycle, Space space, Fate fate) {
  auto upset = upset_at(0, space, fate);
  upset.fault.before_image.reset();
  upset.fault.cycle = cycle;
  return upset;
}

ClassedTrial classed(const DetectionPoints& points, const StoredTrial& trial,
                     const std::vector<StoredUpset>& upsets, const RunClock& clock = {}) {
  const auto tally = tally_of(upsets.front().fault.cycle ? "cycle" : "image");
  return Detection(tally, topology("cnvW1A1"), points, clock)(trial, upsets);
}

std::vector<SafetyClass> classes(const DetectionPoints& points, const StoredTrial& trial,
                                 const std::vector<StoredUpset>& upsets, const RunClock& clock = {}) {
  return classed(points, trial, upsets, clock).of;
}

DetectionPoints reading_back(int images, std::optional<std::uint64_t> limit = {}) {
  DetectionPoints points;
  points.read_back = images;
  points.limit = limit;
  return points;
}

TEST(Detection, CountsFromTheFirstFaultOn) {
  EXPECT_EQ(classes({}, trial_with({7}), {upset_at(3)}),
            (std::vector{kF, kF, kF, kN, kN, kN, kN, kU, kN, kN}));
  // Images 0 and 1 are finished by cycle 1100.
  EXPECT_EQ(classes({}, trial_with({2}), {upset_in(1100, Space::fifo, Fate::read)}, clock_of_hundreds()),
            (std::vector{kF, kF, kU, kN, kN, kN, kN, kN, kN, kN}));
}

TEST(Detection, ReadingBackProtectsTheImagesBehindIt) {
  const auto of = classes(reading_back(4), trial_with({1, 5, 8}, 2), {upset_at(1)});
  EXPECT_EQ(of, (std::vector{kF, kU, kN, kN, kN, kD, kN, kN, kD, kN}));
  // An upset before image 4 is not there yet when the images before it are done.
  EXPECT_EQ(classes(reading_back(4), trial_with({5, 8}), {upset_at(4)}),
            (std::vector{kF, kF, kF, kF, kN, kU, kN, kN, kD, kN}));
  EXPECT_EQ(classed(reading_back(4), trial_with({8}), {upset_at(4)}, clock_of_hundreds()).latency, 1300U)
      << "a run of the images 4 to 7";
}

TEST(Detection, ReadingBackSeesParametersAlone) {
  EXPECT_EQ(classed(reading_back(1), trial_with({5}), {upset_in(1150, Space::fifo, Fate::read)},
                    clock_of_hundreds())
                .count(kU),
            1);
  auto stuck = upset_at(0);
  stuck.fault.kind = FaultKind::stuck0;
  EXPECT_EQ(classed(reading_back(1), trial_with({5}), {stuck}).count(kD), 1);
  EXPECT_EQ(classed(reading_back(1), trial_with({}), {stuck}).count(kL), kTenImages)
      << "it may hold what was there";
  auto brief = upset_at(1);
  brief.fault.kind = FaultKind::intermittent;
  brief.fault.duration = 2;
  EXPECT_EQ(classed(reading_back(4), trial_with({2, 5}), {brief}).count(kU), 2) << "over before 3";
  EXPECT_EQ(classed(reading_back(3), trial_with({2, 5}), {brief}).count(kD), 1);
}

TEST(Detection, AFaultInTimeCountsForImagesBeforeIt) {
  // Noticed 1300 cycles after it came.
  EXPECT_THAT(classes(reading_back(4, 1299), trial_with({0, 1}), {upset_at(0)}, clock_of_hundreds()),
              ::testing::Contains(kU).Times(2));
  EXPECT_THAT(classes(reading_back(4, 1300), trial_with({0, 1}), {upset_at(0)}, clock_of_hundreds()),
              ::testing::Contains(kD).Times(2));
}

TEST(Detection, PlausibilityIsAskedBeforeAnImageIsUsed) {
  EXPECT_EQ(classes({}, trial_with({2, 4, 6}, 0, 0, {4}), {upset_at(0)}),
            (std::vector{kN, kN, kU, kN, kD, kN, kD, kN, kN, kN}));
  DetectionPoints blind;
  blind.scores = false;
  EXPECT_EQ(classed(blind, trial_with({2, 4, 6}, 0, 0, {4}), {upset_at(0)}).count(kU), 3);
}

TEST(Detection, AHangIsNoticedByWhoWaitsForIt) {
  const auto upset = upset_in(1050, Space::control, Fate::unknown);
  const auto hung = trial_with({1}, 0, 7);
  EXPECT_EQ(classes({}, hung, {upset}, clock_of_hundreds()),
            (std::vector{kF, kU, kN, kD, kD, kD, kD, kD, kD, kD}));
  DetectionPoints points;
  points.limit = 6000 - 1050;
  EXPECT_THAT(classed(points, hung, {upset}, clock_of_hundreds()).count(kD), 8);
  --*points.limit;
  EXPECT_THAT(classed(points, hung, {upset}, clock_of_hundreds()).count(kU), 8) << "known too late";
  points = {};
  points.watchdog = false;
  EXPECT_THAT(classed(points, hung, {upset}, clock_of_hundreds()).count(kU), 8);
}

TEST(Detection, LatentIsWhatStaysAndShowsNothing) {
  const auto latent = [](const StoredUpset& upset) {
    return classed({}, trial_with({}), {upset}, clock_of_hundreds()).count(kL) > 0;
  };
  EXPECT_TRUE(latent(upset_at(2)));
  EXPECT_TRUE(latent(upset_in(5, Space::weights, Fate::never_read)));
  EXPECT_TRUE(latent(upset_in(5, Space::fifo, Fate::never_read)));
  EXPECT_TRUE(latent(upset_in(5, Space::control, Fate::unknown)));
  EXPECT_FALSE(latent(upset_in(5, Space::fifo, Fate::read)));
  EXPECT_FALSE(latent(upset_in(5, Space::fifo, Fate::overwritten)));
  auto stuck = upset_in(5, Space::fifo, Fate::read);
  stuck.fault.kind = FaultKind::stuck1;
  EXPECT_TRUE(latent(stuck));
  auto brief = upset_at(2);
  brief.fault.kind = FaultKind::intermittent;
  brief.fault.duration = 7;
  EXPECT_FALSE(latent(brief));
  brief.fault.duration = 8;
  EXPECT_TRUE(latent(brief));
  EXPECT_EQ(classed({}, trial_with({}, 1), {upset_at(2)}).count(kL), 0) << "it shows something";
  EXPECT_EQ(classed(reading_back(5), trial_with({}), {upset_at(2)}).count(kL), 0) << "it is noticed";
}

// What the host has written anew is there no more, and nobody reads it back.
TEST(Detection, ReloadedMemoriesHoldNothing) {
  auto tally = tally_of("image");
  const auto of = [&](int reload, const DetectionPoints& points, const StoredTrial& trial) {
    tally.reload = reload;
    return Detection(tally, topology("cnvW1A1"), points, {})(trial, std::vector{upset_at(2)});
  };
  EXPECT_EQ(of(0, {}, trial_with({})).count(kL), 8);
  EXPECT_EQ(of(5, {}, trial_with({})).count(kL), 0);
  EXPECT_EQ(of(10, {}, trial_with({})).count(kL), 8) << "after the run";
  EXPECT_EQ(of(0, reading_back(5), trial_with({6})).count(kU), 0);
  EXPECT_EQ(of(8, reading_back(5), trial_with({6})).count(kU), 0);
  EXPECT_EQ(of(4, reading_back(5), trial_with({6})).count(kU), 1);
}

TEST(Detection, RepairedMemoriesHoldNothing) {
  const auto of = [](const char* network, Fate fate, const StoredTrial& trial) {
    auto upset = upset_at(2, Space::weights, fate);
    upset.fault.site.layer = 0;
    const auto tally = tally_of("image");
    const DetectionPoints points;
    return Detection(tally, topology(network), points, {})(trial, std::vector{upset});
  };
  EXPECT_EQ(of("cnvW1A1-TMR", Fate::corrected, trial_with({})).count(kL), 0);
  EXPECT_EQ(of("cnvW1A1-TMR", Fate::read, trial_with({})).count(kL), 8);
  EXPECT_EQ(of("cnvW1A1-TMR", Fate::detected, trial_with({2, 3})).count(kD), 2);
}

TEST(Detection, SaysWhatItCannotAssess) {
  const auto refusal = [](const auto& call) -> std::string {
    try {
      call();
    } catch (const InputError& e) {
      return e.what();
    }
    return "no refusal";
  };
  EXPECT_THAT(refusal([] { classed({}, trial_with({}), {upset_in(5, Space::fifo, Fate::read)}); }),
              HasSubstr("nobody knows in which cycles its images are finished"));
  EXPECT_THAT(refusal([] { classed(reading_back(1, 100), trial_with({}), {upset_at(1)}); }),
              HasSubstr("there is a limit in cycles"));
  auto old = trial_with({1});
  old.critical_set.clear();
  EXPECT_THAT(refusal([&] { classed({}, old, {upset_at(1)}); }),
              HasSubstr("does not say which images were critical"));
  EXPECT_THAT(refusal([] { classed({}, trial_with({}), {upset_at(10)}); }),
              HasSubstr("an upset before an image that is not there"));
}

}  // namespace
}  // namespace fluence
