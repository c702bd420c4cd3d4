// Upsets at cycles in all data-holding spaces, on the fast engine and on the RTL in the platform: every
// score of every image and every fate is equal.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "fault/draw.hpp"
#include "fault/lifetimes.hpp"
#include "network/digits.hpp"
#include "network/synthetic.hpp"
#include "tests/platform/both_engines.hpp"
#include "tests/support/board_data.hpp"

namespace fluence::test {
namespace {

const std::vector<Space> kDataSpaces(kSpaces.begin(), std::prev(kSpaces.end()));  // all but control

/// Draws upsets of one space and layer.
class Upsets {
 public:
  Upsets(const Schedule& schedule, int images)
      : schedule_(schedule), images_(images), sites_(schedule.net()), lifetimes_(schedule.net()) {}

  /// Adds some: at random cycles, and in both cycles about a moment at which what a flip does changes.
  /// There must be such bits.
  void add(Space space, int layer, FaultCase& trial) {
    for (int i = 0; i < 4; ++i) {
      add(random_site(space, layer), random_cycle(), trial);
    }
    for (int i = 0; i < 4; ++i) {
      const auto site = random_site(space, layer);
      if (const auto change = next_change(site, random_cycle())) {
        add(site, *change - 1, trial);
        add(random_bit(site), *change, trial);
      }
    }
  }
  [[nodiscard]] const SiteMap& sites() const { return sites_; }

 private:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  std::uint64_t random_cycle() { return below(schedule_.run_length(images_)); }
  Site random_site(Space space, int layer) {
    return sites_.nth(space, layer, below(sites_.bit_count(space, layer)));
  }
  /// Of the same word, in another group of 8 if there is one.
  Site random_bit(Site site) {
    const auto bits = static_cast<unsigned>(sites_.array_of(site).bits);
    site.bit = static_cast<int>((static_cast<unsigned>(site.bit) + 8 + below(8)) % bits);
    return site;
  }
  void add(const Site& site, std::uint64_t cycle, FaultCase& trial) {
    trial.faults.push_back({std::nullopt, cycle, site, below(2) == 0 ? 1 : 8});
  }

  /// The first cycle after `cycle` in which a flip of the site does something else, if it comes soon.
  std::optional<std::uint64_t> next_change(const Site& site, std::uint64_t cycle) const {
    constexpr int kFar = 40'000;
    const auto what = [&](std::uint64_t at) {
      std::vector<Transient> transients;
      const auto fate =
          lifetimes_.follow(site, ScheduledCounts(schedule_, at, images_), images_, transients);
      return std::pair(fate, transients);
    };
    const auto now = what(cycle);
    for (auto at = cycle + 1; at < std::min(cycle + kFar, schedule_.run_length(images_)); ++at) {
      if (what(at) != now) {
        return at;
      }
    }
    return std::nullopt;
  }

  const Schedule& schedule_;
  int images_;
  SiteMap sites_;
  Lifetimes lifetimes_;
  std::mt19937_64 random_{11};
};

class UpsetsInData : public testing::TestWithParam<const char*> {
 protected:
  static constexpr int kImages = 2;

  [[nodiscard]] Parameters trained() const {
    return Parameters::load(net_, FLUENCE_SOURCE_DIR "/models/" + net_.name + ".onnx");
  }
  /// A trial for each space and layer.
  static void run_all(BothEngines& engines) {
    Upsets upsets(engines.schedule(), kImages);
    int trials = 0;
    for (int round = 0; round < rounds(); ++round) {
      for (const auto space : kDataSpaces) {
        for (const auto& layer : engines.schedule().net().layers) {
          if (upsets.sites().bit_count(space, layer.index) > 0) {
            FaultCase trial{++trials, kImages, {}};
            upsets.add(space, layer.index, trial);
            engines.expect_same(trial);
          }
        }
      }
    }
    // Scores of one bit hide most of what their sums show.
    const bool one_bit = engines.schedule().net().layers.back().out_bits == 1;
    EXPECT_GT(engines.shown(), one_bit ? 0 : trials / 3);
    for (const auto space : kDataSpaces) {
      if (upsets.sites().bit_count(space) == 0) {
        continue;  // no convolution, no pool
      }
      EXPECT_GT(engines.fates(space, Fate::read), 0) << to_string(space);
      EXPECT_GT(engines.fates(space, is_parameter(space) ? Fate::never_read : Fate::overwritten), 0)
          << to_string(space);
    }
  }

  const Topology& net_ = topology(GetParam());
  ImageSet images_ = embedded_images(net_.image(), kSyntheticTestSeed, 0, kImages);
};
INSTANTIATE_TEST_SUITE_P(Networks, UpsetsInData,
                         testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2", "lfcW1A1", "lfcW1A2"),
                         [](const auto& param) { return std::string(param.param); });

// Trained parameters let most changes through to the scores.
TEST_P(UpsetsInData, OfEverySpaceAndLayer) {
  BothEngines engines(trained(), images_);
  run_all(engines);
}

// The boards' own parameters and images.
TEST_P(UpsetsInData, OnTheBoardsParameters) {
  FLUENCE_NEEDS_DATA();
  auto images = board_images(net_);
  images.truncate(kImages);
  BothEngines engines(board_parameters(net_), images);
  run_all(engines);
}

// With random parameters sums and activations take values that trained ones never give.
TEST_P(UpsetsInData, OnRandomParameters) {
  BothEngines engines(random_parameters(net_, 4), images_);
  Upsets upsets(engines.schedule(), kImages);
  for (int round = 0; round < rounds(); ++round) {
    for (const auto space : kDataSpaces) {
      FaultCase trial{round, kImages, {}};
      for (const auto& layer : net_.layers) {
        if (upsets.sites().bit_count(space, layer.index) > 0) {
          upsets.add(space, layer.index, trial);
        }
      }
      engines.expect_same(trial);
    }
  }
  EXPECT_GT(engines.shown(), 0);
}

// As a campaign draws them.
TEST_P(UpsetsInData, DrawnTogether) {
  BothEngines engines(trained(), images_);
  const SiteMap sites(net_);
  DrawPlan draw_plan;
  draw_plan.by_cycle = true;
  draw_plan.images = kImages;
  draw_plan.run_length = engines.schedule().run_length(kImages);
  for (int round = 0; round < rounds(); ++round) {
    for (const int word_size : {1, 8}) {
      for (const int faults : {20, 200}) {
        draw_plan.faults = faults;
        draw_plan.word_size = word_size;
        for (const auto first : {Space::weights, Space::window}) {
          draw_plan.spaces.assign(std::ranges::find(kDataSpaces, first), kDataSpaces.end());
          std::erase_if(draw_plan.spaces, [&](Space space) { return sites.bit_count(space) == 0; });
          engines.expect_same(Drawer(sites, draw_plan).draw(3, 1, static_cast<std::uint64_t>(round)));
        }
      }
    }
  }
}

// Of any shape, across words and within one.
TEST_P(UpsetsInData, InBursts) {
  BothEngines engines(trained(), images_);
  auto net = net_;
  for (const auto space : kDataSpaces) {
    net.layouts[std::string(to_string(space))] = {18, 2};
  }
  const SiteMap sites(net);
  DrawPlan draw_plan;
  draw_plan.by_cycle = true;
  draw_plan.faults = 5;
  draw_plan.images = kImages;
  draw_plan.run_length = engines.schedule().run_length(kImages);
  draw_plan.bursts = {{0.5, {{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 2}, {-1, 1}}},
                      {0.5, {{0, 0}, {0, 2}, {0, 4}}}};
  for (int round = 0; round < rounds(); ++round) {
    for (const auto space : kDataSpaces) {
      if (sites.bit_count(space) > 0) {
        draw_plan.spaces = {space};
        engines.expect_same(Drawer(sites, draw_plan).draw(3, 2, static_cast<std::uint64_t>(round)));
      }
    }
  }
  if (net_.score_bits() > 1) {  // so few do not show in scores of one bit
    EXPECT_GT(engines.shown(), 0);
  }
}

// The pipeline is empty then: what comes next is read for parameters, and stored for all others.
TEST(UpsetsBetweenImages, HaveFatesOnTheRtl) {
  constexpr int kImages = 2;
  const auto& net = topology("cnvW1A1");
  const auto parameters = random_parameters(net, 4);
  const auto images = synthetic_images(kSyntheticTestSeed, 0, kImages);
  const auto rtl = make_rtl_engine(parameters, images);
  const Fault weight{1, std::nullopt, {Space::weights, 3, 0, 5}};
  const Fault threshold{0, std::nullopt, {Space::thresholds, 0, 0, 1, 0, 9}, 8};
  const FaultCase by_host{1, kImages, {weight, threshold}};
  const auto result = rtl->run(by_host, Semantics::source);
  const auto fast = FastEngine(parameters, images).run(by_host, Semantics::source);
  EXPECT_EQ(result.scores, fast.scores);
  EXPECT_EQ(result.fates, fast.fates);
  EXPECT_EQ(result.fates, (std::vector{Fate::read, Fate::read}));

  // The stream behind the second pool: 25 words an image, 81 slots.
  const auto slot = [](int index) { return Fault{1, std::nullopt, {Space::fifo, 3, 4, index}}; };
  ASSERT_EQ(SiteMap(net).array_of(slot(80).site).words, 81);
  const Fault counter{1, std::nullopt, {Space::control, 3}};
  const auto fates =
      rtl->run({2, kImages, {slot(24), slot(25), slot(49), slot(50)}}, Semantics::physical).fates;
  EXPECT_EQ(fates,
            (std::vector{Fate::never_read, Fate::overwritten, Fate::overwritten, Fate::never_read}));
  EXPECT_EQ(rtl->run({3, kImages, {weight, threshold, counter}}, Semantics::physical).fates,
            (std::vector{Fate::unknown, Fate::read, Fate::unknown}));
}

// Layer 5 of cnvW1A2 begins to wait for layer 6 in image 80; from image 413 on everything repeats.
TEST(UpsetsInLateImages, OfEverySpace) {
  constexpr int kImages = 100;
  const auto& net = topology("cnvW1A2");
  BothEngines engines(Parameters::load(net, FLUENCE_SOURCE_DIR "/models/" + net.name + ".onnx"),
                      synthetic_images(kSyntheticTestSeed, 0, kImages));
  DrawPlan draw_plan;
  draw_plan.spaces.assign(std::ranges::find(kDataSpaces, Space::window), kDataSpaces.end());
  draw_plan.faults = 1000;
  draw_plan.by_cycle = true;
  draw_plan.images = kImages;
  draw_plan.run_length = engines.schedule().run_length(kImages);
  engines.expect_same(Drawer(SiteMap(net), draw_plan).draw(3, 2, 0));
  EXPECT_EQ(engines.shown(), 1);
  EXPECT_EQ(engines.compared(), draw_plan.faults);
}

}  // namespace
}  // namespace fluence::test
