// A batch gives each trial what it gives alone, and ends when it is wished to.
#include <gmock/gmock.h>

#include <atomic>
#include <random>

#include "base/error.hpp"
#include "fault/draw.hpp"
#include "fault/fast_engine.hpp"
#include "tests/support/parameter_trials.hpp"
#include "tests/support/random_network.hpp"

namespace fluence::test {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr int kBatchImages = 4;

class BatchOn : public testing::TestWithParam<const char*> {
 protected:
  FastEngine make() {
    return {parameters_, images_, FastEngine::kDefaultCacheBytes, [this] { return schedule_; }};
  }

  // Of all semantics, by image and by cycle, on one image to all.
  std::vector<Trial> mixed(int count) {
    std::mt19937_64 random(11);
    const Drawer by_cycle(sites_, {{kSpaces.begin(), std::prev(kSpaces.end())},
                                   {},
                                   40,
                                   1,
                                   Semantics::physical,
                                   true,
                                   kBatchImages,
                                   schedule_.run_length(kBatchImages)});
    std::vector<Trial> batch;
    for (int i = 0; i < count; ++i) {
      auto trial = random_parameter_trial(sites_, 1 + i % kBatchImages, 1 + 15 * (i % 4), random);
      switch (i % 5) {
        case 0: batch.push_back({std::move(trial), Semantics::physical}); break;
        case 1: batch.push_back({std::move(trial), Semantics::source}); break;
        case 2:
          trial.faults.resize(1);
          batch.push_back({std::move(trial), Semantics::shipped});
          break;
        case 3:
          batch.push_back({by_cycle.draw(5, 1, static_cast<std::uint64_t>(i)), Semantics::physical});
          break;
        default: batch.push_back({{0, 1 + i % kBatchImages, {}}, Semantics::physical}); break;
      }
      batch.back().fault_case.id = i;
    }
    return batch;
  }

  const Topology& net_ = topology(GetParam());
  SiteMap sites_{net_};
  Schedule schedule_ = Schedule::read(FLUENCE_SOURCE_DIR "/schedules", net_);
  Parameters parameters_ = random_parameters(net_, 1);
  ImageSet images_{{random_image(1), random_image(2), random_image(3), random_image(4)}};
};
INSTANTIATE_TEST_SUITE_P(Networks, BatchOn, testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(BatchOn, GivesEachTrialWhatItGivesAlone) {
  const auto batch = mixed(40);
  auto alone = make();
  const auto fault_free = alone.run({0, kBatchImages, {}}, Semantics::physical).scores;
  auto engine = make();
  std::vector<TrialResult> results;
  EXPECT_TRUE(engine.run(batch, [&](std::size_t index, TrialResult result) {
    EXPECT_EQ(index, results.size()) << "not in the order of the batch";
    results.push_back(std::move(result));
  }));
  ASSERT_EQ(results.size(), batch.size());
  int shown = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& [trial, semantics] = batch[i];
    const auto expected = alone.run(trial, semantics);
    EXPECT_TRUE(results[i].scores == expected.scores) << "trial " << i;
    EXPECT_EQ(results[i].images_done, expected.images_done);
    EXPECT_EQ(results[i].fates, expected.fates) << "trial " << i;
    shown += std::equal(expected.scores.begin(), expected.scores.end(), fault_free.begin()) ? 0 : 1;
  }
  EXPECT_GT(shown, 5) << "too few trials show, so that they could be confused unseen";
}

TEST_P(BatchOn, IsCancelledWithinATrialAndTheEngineIsAsBefore) {
  auto engine = make();
  std::mt19937_64 random(3);
  auto trial = random_parameter_trial(sites_, kBatchImages, 40, random);
  const auto expected = engine.run(trial, Semantics::physical).scores;
  const Trial quiet{{0, kBatchImages, {}}, Semantics::physical};
  const auto fault_free = engine.run(quiet.fault_case, quiet.semantics).scores;
  const std::vector<Trial> batch = {quiet, {trial, Semantics::physical}, quiet};
  std::atomic<bool> wish = false;
  std::vector<std::size_t> taken;
  int told = 0;
  engine.on_progress([&](int images_done) {
    told = images_done;
    wish = taken.size() == 1 && images_done == 2;
  });
  EXPECT_FALSE(engine.run(
      batch, [&](std::size_t index, const TrialResult&) { taken.push_back(index); }, CancelToken(wish)));
  EXPECT_EQ(taken, std::vector<std::size_t>{0});
  EXPECT_EQ(told, 2) << "it went on with the next image";
  engine.on_progress({});
  EXPECT_TRUE(engine.run(quiet.fault_case, quiet.semantics).scores == fault_free);
  EXPECT_TRUE(engine.run(trial, Semantics::physical).scores == expected);
}

TEST_P(BatchOn, IsRefusedAsAWholeBeforeAnyWork) {
  auto engine = make();
  const Trial good{{1, kBatchImages, {}}, Semantics::physical};
  const Trial bad{{2, kBatchImages, {fault_at({Space::window, 1}, 0)}}, Semantics::physical};
  const std::vector<Trial> batch = {good, bad};
  int taken = 0;
  EXPECT_THAT([&] { engine.run(batch, [&](std::size_t, const TrialResult&) { ++taken; }); },
              ThrowsMessage<InputError>(HasSubstr("case 2 has a fault in window timed by image")));
  EXPECT_EQ(taken, 0);
  EXPECT_TRUE(engine.run(std::vector<Trial>{}, [&](std::size_t, const TrialResult&) { ++taken; }));
  EXPECT_EQ(taken, 0);
}

}  // namespace
}  // namespace fluence::test
