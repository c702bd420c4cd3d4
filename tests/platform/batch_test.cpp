// Batches and cancelling on the simulated accelerator.
#include <gmock/gmock.h>

#include <atomic>
#include <iterator>
#include <memory>
#include <random>

#include "base/error.hpp"
#include "fault/draw.hpp"
#include "fault/fast_engine.hpp"
#include "platform/arm_engine.hpp"
#include "platform/rtl_engine.hpp"
#include "tests/platform/trials.hpp"
#include "tests/support/parameter_trials.hpp"

namespace fluence::test {
namespace {

constexpr auto kNetwork = "cnvW1A1";

struct OnTheSimulator : testing::Test {
  const Topology& net = topology(kNetwork);
  SiteMap sites{net};
  Parameters parameters = random_parameters(net, 5);
  ImageSet images = random_images();

  FastEngine fast() {
    return {parameters, images, FastEngine::kDefaultCacheBytes, [this] { return schedule_of(net); }};
  }
  FaultCase by_image(int count, std::uint64_t seed) const {
    std::mt19937_64 random(seed);
    return random_parameter_trial(sites, count, 3, random);
  }
  FaultCase by_cycle(std::uint64_t trial) const {
    return Drawer(sites, plan_by_cycle(net, {kSpaces.begin(), std::prev(kSpaces.end())}, 30, 1))
        .draw(1, 1, trial);
  }
};

using RtlBatch = OnTheSimulator;

TEST_F(RtlBatch, OfMixedTrialsGivesWhatEachGivesAloneAndWhatTheFastEngineGives) {
  auto one = by_image(3, 3);
  one.faults.resize(1);
  const std::vector<Trial> batch = {
      {by_image(2, 1), Semantics::physical}, {by_cycle(1), Semantics::physical},
      {{0, 3, {}}, Semantics::physical},     {by_image(2, 2), Semantics::source},
      {by_cycle(2), Semantics::physical},    {one, Semantics::shipped}};
  const auto engine = make_rtl_engine(parameters, images);
  std::vector<TrialResult> results;
  EXPECT_TRUE(engine->run(batch, [&](std::size_t index, TrialResult result) {
    EXPECT_EQ(index, results.size());
    results.push_back(std::move(result));
  }));
  ASSERT_EQ(results.size(), batch.size());
  auto other = fast();
  std::vector<TrialResult> others;
  other.run(batch, [&](std::size_t, TrialResult result) { others.push_back(std::move(result)); });
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto what = "trial " + std::to_string(i);
    const auto alone = engine->run(batch[i].fault_case, batch[i].semantics);
    expect_same(results[i], alone, what);
    EXPECT_EQ(results[i].fates, alone.fates) << what;
    EXPECT_EQ(results[i].cycles, alone.cycles) << what;
    EXPECT_GT(results[i].cycles, 0U) << "it says that it counts them";
    expect_same(results[i], others[i], what);
    EXPECT_EQ(others[i].cycles, 0U) << "it says that it does not";
  }
}

TEST_F(RtlBatch, IsCancelledWithinAnImage) {
  const auto engine = make_rtl_engine(parameters, images);
  const Trial quiet{{0, kTrialImages, {}}, Semantics::physical};
  const std::vector<Trial> kinds = {
      quiet, {by_image(kTrialImages, 4), Semantics::physical}, {by_cycle(3), Semantics::physical}};
  std::vector<TrialResult> expected;
  for (const auto& trial : kinds) {
    expected.push_back(engine->run(trial.fault_case, trial.semantics));
  }
  for (const int after : {0, 2}) {
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      std::atomic<bool> wish = false;
      int told = -1;
      int calls_after = 0;
      engine->on_progress([&](int images_done) {
        calls_after += wish ? 1 : 0;
        told = images_done;
        wish = wish || images_done >= after;
      });
      const std::vector<Trial> batch = {kinds[i], quiet};
      int taken = 0;
      EXPECT_FALSE(engine->run(
          batch, [&](std::size_t, const TrialResult&) { ++taken; }, CancelToken(wish)));
      EXPECT_EQ(taken, 0) << "kind " << i;
      EXPECT_EQ(calls_after, 0) << "it clocked on after the burst, kind " << i;
      EXPECT_LT(told, kTrialImages);
    }
  }
  engine->on_progress({});
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const auto again = engine->run(kinds[i].fault_case, kinds[i].semantics);
    expect_same(again, expected[i], "after it was cancelled, kind " + std::to_string(i));
    EXPECT_EQ(again.fates, expected[i].fates);
    EXPECT_EQ(again.cycles, expected[i].cycles);
  }
}

TEST_F(RtlBatch, HandedOverControlIsCancelledToo) {
  std::shared_ptr<RtlEngine> rtl = make_rtl_engine(parameters, images);
  FastEngine engine(
      parameters, images, FastEngine::kDefaultCacheBytes, [this] { return schedule_of(net); },
      [rtl] { return rtl; });
  const auto trial = Drawer(sites, plan_by_cycle(net, {Space::control}, 4, 1)).draw(1, 1, 1);
  const auto expected = engine.run(trial, Semantics::physical);
  std::atomic<bool> wish = false;
  engine.on_progress([&](int images_done) { wish = wish || images_done == kTrialImages; });
  const Trial item{trial, Semantics::physical};
  EXPECT_FALSE(engine.run(
      {&item, 1}, [](std::size_t, const TrialResult&) { ADD_FAILURE() << "taken"; }, CancelToken(wish)));
  engine.on_progress({});
  expect_same(engine.run(trial, Semantics::physical), expected, "after it was cancelled");
}

using FirmwareBatch = OnTheSimulator;

TEST_F(FirmwareBatch, IsCancelledWithinAnImage) {
  ArmEngineOptions options;
  options.firmware = FLUENCE_FIRMWARE_FILE;
  const auto engine = make_arm_engine(parameters, images, options);
  const FaultCase trial = by_image(kTrialImages, 4);
  const auto expected = engine->run(trial, Semantics::source);
  const Trial item{trial, Semantics::source};
  for (int round = 0; round < 2; ++round) {
    std::atomic<bool> wish = false;
    int told = -1;
    engine->on_progress([&](int images_done) {
      told = images_done;
      wish = true;
    });
    EXPECT_FALSE(engine->run(
        {&item, 1}, [](std::size_t, const TrialResult&) { ADD_FAILURE() << "taken"; },
        CancelToken(wish)));
    EXPECT_LE(told, 1);
    engine->on_progress({});
    expect_same(engine->run(trial, Semantics::source), expected, "after it was cancelled");
  }
}

TEST(CapabilitiesOfThePlatform, AreThoseOfTheHost) {
  const auto rtl = rtl_capabilities(topology("cnvW1A1"));
  const auto arm = arm_capabilities(topology("cnvW1A1"));
  for (const auto space : kSpaces) {
    EXPECT_TRUE(rtl.evaluates(space, true) && rtl.evaluates(space, false)) << to_string(space);
    EXPECT_TRUE(arm.evaluates(space, true)) << to_string(space);
    EXPECT_EQ(arm.evaluates(space, false), is_parameter(space)) << to_string(space);
  }
  EXPECT_TRUE(rtl.counts_cycles && arm.counts_cycles);
  EXPECT_FALSE(rtl.needs_schedule || arm.needs_schedule);
  EXPECT_GT(rtl.most_images, 1000);
  DrawPlan plan;
  plan.spaces = {Space::weights};
  plan.images = rtl.most_images + 1;
  EXPECT_THROW(check_capable(rtl, plan), InputError);
  plan.images = rtl.most_images;
  EXPECT_NO_THROW(check_capable(rtl, plan));
  EXPECT_THROW(check_capable(arm, plan), InputError) << "physical, by image";
}

}  // namespace
}  // namespace fluence::test
