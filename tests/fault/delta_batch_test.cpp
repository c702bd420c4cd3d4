// Trials evaluated together, as differences to the margins, against the same trials one by one.
#include "fault/delta_batch.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <string>
#include <tuple>
#include <utility>

#include "fault/draw.hpp"
#include "fault/fast_engine.hpp"
#include "tests/support/made_networks.hpp"
#include "tests/support/parameter_trials.hpp"
#include "tests/support/random_network.hpp"

namespace fluence::test {
namespace {

ImageSet random_images(int count, const ImageShape& shape = kCifar10) {
  std::vector<Image> images;
  for (int i = 0; i < count; ++i) {
    images.push_back(random_image(static_cast<std::uint64_t>(i), shape));
  }
  return ImageSet(std::move(images));
}

/// What the trials give together, and each alone.
void expect_same(FastEngine& engine, const std::vector<FaultCase>& trials, Semantics semantics) {
  std::vector<Trial> batch;
  for (const auto& trial : trials) {
    batch.push_back({trial, semantics});
  }
  std::vector<TrialResult> together;
  ASSERT_TRUE(engine.run(batch, [&](std::size_t index, TrialResult result) {
    ASSERT_EQ(index, together.size());
    together.push_back(std::move(result));
  }));
  ASSERT_EQ(together.size(), trials.size());
  for (std::size_t i = 0; i < trials.size(); ++i) {
    const auto alone = engine.run(trials[i], semantics);
    ASSERT_EQ(together[i].scores, alone.scores) << "trial " << i << " of " << trials.size();
    ASSERT_EQ(together[i].fates, alone.fates) << "trial " << i;
    ASSERT_EQ(together[i].images_done, alone.images_done);
  }
}

/// The published networks that the delta evaluation computes.
const std::vector<std::string> kNetworks = {"cnvW1A1", "cnvW1A2", "cnvW2A2"};

class Together : public testing::TestWithParam<std::tuple<std::string, Semantics>> {
 protected:
  const Topology& net_ = topology(std::get<0>(GetParam()));
  Semantics semantics_ = std::get<1>(GetParam());
  SiteMap sites_{net_};
};
INSTANTIATE_TEST_SUITE_P(All, Together,
                         testing::Combine(testing::ValuesIn(kNetworks),
                                          testing::Values(Semantics::physical, Semantics::source,
                                                          Semantics::shipped)),
                         [](const auto& tested) {
                           return std::get<0>(tested.param) + "_" +
                                  std::string(to_string(std::get<1>(tested.param)));
                         });

class TogetherOn : public testing::TestWithParam<std::string> {
 protected:
  const Topology& net_ = topology(GetParam());
  SiteMap sites_{net_};
};
INSTANTIATE_TEST_SUITE_P(Networks, TogetherOn, testing::ValuesIn(kNetworks),
                         [](const auto& tested) { return tested.param; });

TEST_P(Together, DrawnTrialsGiveWhatTheyGiveAlone) {
  ASSERT_TRUE(DeltaBatch::supports(net_));
  constexpr int kImages = 3;
  FastEngine engine(random_parameters(net_, 3), random_images(kImages));
  for (const auto space : {Space::weights, Space::thresholds}) {
    for (const int faults : {1, 10, 100}) {
      for (const int word_size : {1, 8}) {
        DrawPlan plan;
        plan.spaces = {space};
        plan.faults = faults;
        plan.word_size = word_size;
        plan.semantics = semantics_;
        plan.images = kImages;
        const Drawer drawer(sites_, plan);
        std::vector<FaultCase> trials;
        for (std::uint64_t t = 0; t < (faults == 100 ? 25U : 100U); ++t) {
          trials.push_back(drawer.draw(1, 1, t));
          if (t % 2 == 0 && semantics_ != Semantics::shipped) {
            for (auto& fault : trials.back().faults) {
              fault.before_image = 0;
            }
          }
        }
        SCOPED_TRACE(std::string(to_string(space)) + " " + std::to_string(faults) + " of " +
                     std::to_string(word_size));
        expect_same(engine, trials, semantics_);
        if (HasFatalFailure()) {
          return;
        }
      }
    }
  }
}

// Most fall while their word's layer is at work on an image: that image sees them from one of its
// windows on.
TEST_P(TogetherOn, UpsetsAtCyclesGiveWhatTheyGiveAlone) {
  const auto schedule = Schedule::read(FLUENCE_SOURCE_DIR "/schedules", net_);
  constexpr int kImages = 5;
  FastEngine engine(random_parameters(net_, 5), random_images(kImages), FastEngine::kDefaultCacheBytes,
                    [&] { return schedule; });
  for (const auto& spaces : {std::vector{Space::weights}, std::vector{Space::thresholds},
                             std::vector{Space::weights, Space::thresholds}}) {
    for (const int faults : {1, 10, 100}) {
      for (const int word_size : {1, 8}) {
        DrawPlan plan;
        plan.spaces = spaces;
        plan.faults = faults;
        plan.word_size = word_size;
        plan.by_cycle = true;
        plan.images = kImages;
        plan.run_length = schedule.run_length(kImages);
        const Drawer drawer(sites_, plan);
        std::vector<FaultCase> trials;
        for (std::uint64_t t = 0; t < (faults == 100 ? 12U : 40U); ++t) {
          trials.push_back(drawer.draw(3, 1, t));
          if (t % 4 == 0) {  // the same bit or burst again, earlier or later in the run
            auto again = trials.back().faults.front();
            again.cycle = plan.run_length - 1 - *again.cycle;
            trials.back().faults.push_back(again);
          }
        }
        SCOPED_TRACE(std::to_string(faults) + " of " + std::to_string(word_size));
        expect_same(engine, trials, Semantics::physical);
        if (HasFatalFailure()) {
          return;
        }
      }
    }
  }
}

TEST_P(TogetherOn, UpsetsOfOneLayerGiveWhatTheyGiveAlone) {
  FastEngine engine(random_parameters(net_, 4), random_images(2));
  for (int layer = 0; layer < static_cast<int>(net_.layers.size()); ++layer) {
    for (const auto space : {Space::weights, Space::thresholds}) {
      if (sites_.bit_count(space, layer) == 0) {
        continue;
      }
      std::vector<FaultCase> trials;
      for (const int faults : {1, 3, 10, 30, 100}) {
        DrawPlan plan;
        plan.spaces = {space};
        plan.layers = {layer};
        plan.faults = faults;
        plan.images = 2;
        const Drawer drawer(sites_, plan);
        for (std::uint64_t t = 0; t < 6; ++t) {
          trials.push_back(drawer.draw(2, 1, t));
        }
      }
      SCOPED_TRACE("layer " + std::to_string(layer) + " " + std::string(to_string(space)));
      expect_same(engine, trials, Semantics::physical);
      if (HasFatalFailure()) {
        return;
      }
    }
  }
}

// Two upsets of one bit, several of one word, and trials of fewer images than others.
TEST_P(TogetherOn, FaultsOfOneWordAddUp) {
  FastEngine engine(random_parameters(net_, 6), random_images(4));
  std::mt19937_64 random(1);
  std::vector<FaultCase> trials;
  for (int t = 0; t < 100; ++t) {
    auto trial = random_parameter_trial(sites_, 1 + t % 4, 1, random);
    for (int i = 0; i < 6; ++i) {
      auto fault = trial.faults.front();
      fault.site.bit = static_cast<int>(random() % static_cast<unsigned>(fault.site.bit + 1));
      fault.before_image = static_cast<int>(random() % static_cast<unsigned>(trial.images));
      trial.faults.push_back(fault);
    }
    trials.push_back(trial);
  }
  for (const auto semantics : {Semantics::physical, Semantics::source}) {
    expect_same(engine, trials, semantics);
  }
}

TEST(TogetherOf, NetworksWithoutDeltaKernelsGiveWhatTheyGiveAlone) {
  std::mt19937_64 random(2);
  for (const auto& net : made_networks()) {
    const SiteMap sites(net);
    FastEngine engine(random_parameters(net, 8), random_images(1, net.image()));
    std::vector<FaultCase> trials;
    for (int t = 0; t < 8; ++t) {
      trials.push_back(random_parameter_trial(sites, 1, 5, random));
    }
    SCOPED_TRACE(net.name);
    expect_same(engine, trials, Semantics::physical);
  }
}

// Images narrower than those of the published networks, on layers that have kernels.
TEST(TogetherOf, NarrowImagesGiveWhatTheyGiveAlone) {
  for (const auto& [weight_bits, bits] : {std::pair{1, 1}, std::pair{1, 2}, std::pair{2, 2}}) {
    const auto net = made_of("bits", {18, 3}, weight_bits, bits,
                             {{64, true, true}, {64, true, true}, {256, true}, {512}, {64}});
    ASSERT_TRUE(DeltaBatch::supports(net));
    std::mt19937_64 random(5);
    auto parameters = random_parameters(net, 8);
    for (const auto& layer : net.layers) {  // thresholds that sums come near
      const int middle = layer.xnor ? layer.matrix_width() / 2 : 0;
      for (auto& threshold : parameters.layers[static_cast<std::size_t>(layer.index)].thresholds) {
        threshold = layer.takes_pixels() ? static_cast<std::int32_t>(random() % 2001) - 1000
                                         : middle + static_cast<int>(random() % 9) - 4;
      }
    }
    const SiteMap sites(net);
    FastEngine engine(parameters, random_images(3, net.image()));
    std::vector<FaultCase> trials;
    for (int t = 0; t < 60; ++t) {
      trials.push_back(random_parameter_trial(sites, 3, 6, random));
    }
    SCOPED_TRACE(std::to_string(weight_bits) + " and " + std::to_string(bits) + " bits");
    expect_same(engine, trials, Semantics::physical);
  }
}

// A batch ends within an image of the wish, and nothing more is taken.
TEST(TogetherOf, ABatchIsCancelled) {
  const auto& net = topology("cnvW1A1");
  const SiteMap sites(net);
  FastEngine engine(random_parameters(net, 9), random_images(4));
  std::mt19937_64 random(4);
  std::vector<Trial> batch;
  for (int t = 0; t < 20; ++t) {
    batch.push_back({random_parameter_trial(sites, 4, 4, random), Semantics::physical});
  }
  std::atomic<bool> wish = false;
  engine.on_progress([&](int images_done) { wish = images_done == 2; });
  int taken = 0;
  EXPECT_FALSE(engine.run(
      batch, [&](std::size_t, const TrialResult&) { ++taken; }, CancelToken(wish)));
  EXPECT_EQ(taken, 0);
  engine.on_progress([](int) {});
  std::vector<FaultCase> trials;
  for (const auto& trial : batch) {
    trials.push_back(trial.fault_case);
  }
  expect_same(engine, trials, Semantics::physical);
}

// Images beyond what is kept are computed again.
TEST(TogetherOf, AnyCacheGivesTheSame) {
  const auto& net = topology("cnvW1A1");
  const SiteMap sites(net);
  std::mt19937_64 random(3);
  std::vector<FaultCase> trials;
  for (int t = 0; t < 20; ++t) {
    trials.push_back(random_parameter_trial(sites, 6, 4, random));
  }
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{600'000}}) {
    FastEngine engine(random_parameters(net, 9), random_images(6), bytes);
    expect_same(engine, trials, Semantics::physical);
  }
}

}  // namespace
}  // namespace fluence::test
