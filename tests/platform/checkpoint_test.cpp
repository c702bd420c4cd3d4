// A trial that starts at a checkpoint gives what a run from cycle 0 gives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "fault/draw.hpp"
#include "fluence/accel_regs.h"
#include "platform/rtl_engine.hpp"
#include "tests/platform/trials.hpp"

namespace fluence {
namespace {

using namespace test;

// Without control and with it alone, since most upsets of control end in a hang.
const std::vector<std::vector<Space>> kMixtures = {
    {Space::weights, Space::thresholds},
    {Space::window, Space::vector, Space::accumulator, Space::pool, Space::fifo, Space::stream},
    {Space::control}};

class Checkpoints : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Networks, Checkpoints, testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(Checkpoints, ATrialFromACheckpointIsThatFromCycleZero) {
  const auto& net = topology(GetParam());
  const SiteMap sites(net);
  RtlEngine engine(random_parameters(net, 1), random_images());
  const int trials = net.name == "cnvW1A1" ? 8 : 2;
  int changed = 0;
  const auto clean = engine.run({0, kTrialImages, {}}, Semantics::physical);
  for (std::size_t m = 0; m < kMixtures.size(); ++m) {
    for (int t = 0; t < trials; ++t) {
      const Drawer drawer(sites, plan_by_cycle(net, kMixtures[m], m == 2 ? 1 : 30, t % 2 == 0 ? 1 : 8));
      const auto trial = drawer.draw(7, m, static_cast<std::uint64_t>(t));
      engine.use_checkpoints(true);
      const auto result = engine.run(trial, Semantics::physical);
      engine.use_checkpoints(false);
      const auto expected = engine.run(trial, Semantics::physical);
      expect_same(result, expected, text_of(trial));
      EXPECT_EQ(result.cycles, expected.cycles) << text_of(trial);
      changed += expected.scores != clean.scores ? 1 : 0;
    }
  }
  EXPECT_GE(changed, trials);
}

// The last upset falls when all but a few images have left: what comes before the second one's
// checkpoint is not simulated again.
TEST(LeftRuns, ATrialOfDataIsSimulatedOnlyWhereItDiffers) {
  const auto& net = topology("cnvW1A1");
  const SiteMap sites(net);
  RtlEngine engine(random_parameters(net, 1), random_images());
  const auto length = schedule_of(net).run_length(kTrialImages);
  int changed = 0;
  const auto clean = engine.run({0, kTrialImages, {}}, Semantics::physical);
  for (const auto space : {Space::window, Space::accumulator, Space::stream, Space::fifo}) {
    const Drawer drawer(sites, plan_by_cycle(net, {space}, 8, 1));
    auto trial = drawer.draw(3, 1, 0);
    for (std::size_t i = 0; i < trial.faults.size(); ++i) {
      trial.faults[i].cycle = i < 4 ? 40'000 + 500 * i : length - 40'000 + 500 * i;
    }
    engine.use_checkpoints(false);
    auto before = engine.cycles_simulated();
    const auto whole = engine.run(trial, Semantics::physical);
    const auto all = engine.cycles_simulated() - before;
    engine.use_checkpoints(true);
    before = engine.cycles_simulated();
    const auto result = engine.run(trial, Semantics::physical);
    EXPECT_LT(engine.cycles_simulated() - before, all * 9 / 10) << text_of(trial);
    expect_same(result, whole, text_of(trial));
    EXPECT_EQ(result.cycles, whole.cycles);
    EXPECT_EQ(result.fates, whole.fates) << text_of(trial);
    changed += whole.scores != clean.scores ? 1 : 0;
  }
  EXPECT_GE(changed, 2);
}

class NoMemory final : public AxiMemory {
  Reply read(std::uint64_t, std::span<std::uint64_t>) override { return {}; }
  Reply write(std::uint64_t, std::span<const std::uint64_t>) override { return {}; }
};

class Snapshot : public testing::Test {
 protected:
  /// A run, some thousand cycles after its start.
  Snapshot() {
    bool ok = false;
    model_->write_register(FL_ACCEL_NUM_REPS, 1, ok);
    model_->write_register(FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START, ok);
    model_->step(5000);
  }

  void expect_refused(const RtlSnapshot& snapshot, const std::string& text) {
    const auto before = model_->save();
    model_->step(100);
    const auto now = model_->save();
    ASSERT_NE(now.control, before.control);
    try {
      model_->restore(snapshot);
      FAIL() << "restored";
    } catch (const InputError& e) {
      EXPECT_THAT(e.what(), testing::MatchesRegex(text));
    }
    EXPECT_EQ(model_->save().control, now.control);
    EXPECT_EQ(model_->save().data, now.data);
    EXPECT_EQ(model_->run_cycle(), now.run_cycle);
  }

  NoMemory memory_;
  std::unique_ptr<RtlModel> model_ = RtlModel::create(topology("cnvW1A1"), memory_);
};

TEST_F(Snapshot, OfAnotherNetworkDoesNotFit) {
  auto other = model_->save();
  other.network = "cnvW2A2";
  expect_refused(other,
                 "a snapshot of the RTL of cnvW2A2 does not fit cnvW1A1: take it again on this network");
}

TEST_F(Snapshot, OfAnRtlThatStoresMoreOrLessDoesNotFit) {
  const std::string text =
      "a snapshot of cnvW1A1 with [0-9]+ bytes of control and [0-9]+ of data does not fit this RTL with "
      "[0-9]+ and [0-9]+: take it again on this RTL";
  for (auto part : {&RtlSnapshot::control, &RtlSnapshot::data}) {
    auto other = model_->save();
    (other.*part).emplace_back();
    expect_refused(other, text);
    other = model_->save();
    (other.*part).resize(8);
    expect_refused(other, text);
  }
}

// What is held has its value in every cycle, whatever is stored there, and is part of a snapshot.
TEST_F(Snapshot, HoldsWhatWasHeld) {
  const auto& net = topology("cnvW1A1");
  const SiteMap sites(net);
  const auto weight = sites.address({Space::weights, 3, 1, 7, 0, 4});
  const auto word = [&] { return model_->read_word(weight).front(); };
  ASSERT_EQ(word() >> 4 & 3, 0U);
  model_->hold_at({weight, 0b11, true, 6000, 6010});
  model_->step(6000 - model_->run_cycle() - 1);
  EXPECT_EQ(word() >> 4 & 3, 0U);
  model_->step(1);
  EXPECT_EQ(word() >> 4 & 3, 3U);
  model_->flip_now(weight, 0b11);
  EXPECT_EQ(word() >> 4 & 3, 3U);
  const std::uint64_t zero = 0;
  model_->write_word(weight, {&zero, 1});
  EXPECT_EQ(word() >> 4 & 3, 3U);
  const auto parameters = model_->save_parameters();
  const auto snapshot = model_->save();
  ASSERT_EQ(snapshot.held.size(), 1U);
  EXPECT_EQ(snapshot.held[0].until, 6010U);

  model_->reset();
  model_->write_word(weight, {&zero, 1});
  EXPECT_EQ(word(), 0U) << "a reset ends it";
  bool ok = false;
  model_->write_register(FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START, ok);
  model_->step(100);
  model_->restore(snapshot);
  EXPECT_EQ(word() >> 4 & 3, 3U);
  model_->step(9);
  model_->flip_now(weight, 0b11);
  EXPECT_EQ(word() >> 4 & 3, 3U);
  model_->step(1);
  EXPECT_EQ(word() >> 4 & 3, 3U) << "it keeps the value";
  model_->flip_now(weight, 0b01);
  EXPECT_EQ(word() >> 4 & 3, 2U) << "and is free";

  model_->hold_now(weight, 0b11, false);
  EXPECT_EQ(word() >> 4 & 3, 0U);
  model_->restore_parameters(parameters);
  EXPECT_EQ(word() >> 4 & 3, 0U);
  model_->release_now(weight + 1, 0b1);
  model_->restore_parameters(parameters);
  EXPECT_EQ(word() >> 4 & 3, 3U);
  EXPECT_THROW(model_->hold_at({weight, ~std::uint64_t{0}, true}), std::logic_error);
}

}  // namespace
}  // namespace fluence
