// Upsets at cycles in the data on its way, on the fast engine and on the RTL in the platform: every
// score of every image is equal.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "fault/draw.hpp"
#include "fault/fast_engine.hpp"
#include "fault/lifetimes.hpp"
#include "network/synthetic.hpp"
#include "platform/rtl_engine.hpp"
#include "tests/support/random_network.hpp"

namespace fluence::test {
namespace {

constexpr std::array kDataSpaces = {Space::window, Space::vector, Space::accumulator,
                                    Space::pool,   Space::fifo,   Space::stream};

/// How often each test is repeated with other upsets: FLUENCE_ROUNDS, or once.
int rounds() {
  const char* text = std::getenv("FLUENCE_ROUNDS");
  return text == nullptr ? 1 : std::atoi(text);
}

/// Both engines on the same network and images. Trained parameters let most changes through to the
/// scores; with random ones sums and activations take values that those never have.
class BothEngines {
 public:
  BothEngines(const Topology& net, bool trained, int images)
      : net_(net),
        count_(images),
        schedule_(Schedule::read(FLUENCE_SOURCE_DIR "/schedules", net)),
        parameters_(trained ? Parameters::load(net, FLUENCE_SOURCE_DIR "/models/" + net.name)
                            : random_parameters(net, 4)),
        images_(synthetic_images(kSyntheticTestSeed, 0, images)),
        rtl_(make_rtl_engine(parameters_, images_)),
        fast_(parameters_, images_, FastEngine::kDefaultCacheBytes, [this] { return schedule_; }),
        golden_(fast_.run({0, images, {}}, Semantics::physical).scores) {}

  /// Adds upsets of one space and layer: at random cycles, and in both cycles about a moment at which
  /// what a flip does changes.
  void add_upsets(Space space, int layer, FaultCase& trial) {
    for (int i = 0; i < 4; ++i) {
      add(random_site(space, layer), below(schedule_.run_length(count_)), trial);
    }
    for (int i = 0; i < 4; ++i) {
      const auto site = random_site(space, layer);
      if (const auto change = next_change(site, below(schedule_.run_length(count_)))) {
        add(site, *change - 1, trial);
        add(random_bit(site), *change, trial);
      }
    }
  }
  void expect_same(const FaultCase& trial) {
    const auto rtl = rtl_->run(trial, Semantics::physical);
    const auto fast = fast_.run(trial, Semantics::physical);
    ASSERT_EQ(rtl.images_done, trial.images);
    ASSERT_EQ(rtl.cycles, schedule_.run_length(trial.images));
    ASSERT_EQ(fast.fates.size(), trial.faults.size());
    for (std::size_t i = 0; i < fast.fates.size(); ++i) {
      ++fates_[{trial.faults[i].site.space, fast.fates[i]}];
    }
    shown_ += fast.scores != golden_ ? 1 : 0;
    if (fast.scores != rtl.scores) {
      explain(trial);
    }
  }
  [[nodiscard]] int shown() const { return shown_; }
  [[nodiscard]] int fates(Space space, Fate fate) { return fates_[{space, fate}]; }
  [[nodiscard]] const SiteMap& sites() const { return sites_; }
  [[nodiscard]] std::uint64_t run_length() const { return schedule_.run_length(count_); }

 private:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
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
      const auto fate = lifetimes_.follow(site, ScheduledCounts(schedule_, at), count_, transients);
      return std::pair(fate, transients);
    };
    const auto now = what(cycle);
    for (auto at = cycle + 1; at < std::min(cycle + kFar, run_length()); ++at) {
      if (what(at) != now) {
        return at;
      }
    }
    return std::nullopt;
  }

  /// Reports those upsets of a trial that differ alone.
  void explain(const FaultCase& trial) {
    ADD_FAILURE() << net_.name << ": the engines differ";
    for (const auto& fault : trial.faults) {
      const FaultCase alone{0, trial.images, {fault}};
      const auto fast = fast_.run(alone, Semantics::physical);
      if (fast.scores != rtl_->run(alone, Semantics::physical).scores) {
        const auto& s = fault.site;
        ADD_FAILURE() << to_string(s.space) << " layer " << s.layer << " module " << s.module
                      << " index " << s.index << " bit " << s.bit << " size " << fault.word_size
                      << " cycle " << *fault.cycle << " " << to_string(fast.fates[0]) << " "
                      << sites_.array_of(s).rtl_name;
      }
    }
  }

  const Topology& net_;
  int count_;
  SiteMap sites_{net_};
  Lifetimes lifetimes_{net_};
  Schedule schedule_;
  Parameters parameters_;
  ImageSet images_;
  std::unique_ptr<Engine> rtl_;
  FastEngine fast_;
  std::vector<std::int16_t> golden_;
  std::mt19937_64 random_{11};
  int shown_ = 0;
  std::map<std::pair<Space, Fate>, int> fates_;
};

class UpsetsInData : public testing::TestWithParam<const char*> {
 protected:
  static constexpr int kImages = 2;
  const Topology& net_ = topology(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Networks, UpsetsInData, testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(UpsetsInData, OfEverySpaceAndLayer) {
  BothEngines engines(net_, true, kImages);
  int trials = 0;
  for (int round = 0; round < rounds(); ++round) {
    for (const auto space : kDataSpaces) {
      for (const auto& layer : net_.layers) {
        if (engines.sites().bit_count(space, layer.index) > 0) {
          FaultCase trial{++trials, kImages, {}};
          engines.add_upsets(space, layer.index, trial);
          engines.expect_same(trial);
        }
      }
    }
  }
  EXPECT_GT(engines.shown(), trials / 3);
  for (const auto space : kDataSpaces) {
    EXPECT_GT(engines.fates(space, Fate::read), 0) << to_string(space);
    EXPECT_GT(engines.fates(space, Fate::overwritten), 0) << to_string(space);
  }
}

TEST_P(UpsetsInData, OnRandomParameters) {
  BothEngines engines(net_, false, kImages);
  for (int round = 0; round < rounds(); ++round) {
    for (const auto space : kDataSpaces) {
      FaultCase trial{round, kImages, {}};
      for (const auto& layer : net_.layers) {
        if (engines.sites().bit_count(space, layer.index) > 0) {
          engines.add_upsets(space, layer.index, trial);
        }
      }
      engines.expect_same(trial);
    }
  }
  EXPECT_GT(engines.shown(), 0);
}

// As a campaign draws them, parameters among them.
TEST_P(UpsetsInData, MixedWithParameters) {
  BothEngines engines(net_, true, kImages);
  for (int round = 0; round < rounds(); ++round) {
    for (const int word_size : {1, 8}) {
      for (const int faults : {20, 200}) {
        Recipe recipe;
        recipe.spaces.assign(kSpaces.begin(), kSpaces.end());
        recipe.faults = faults;
        recipe.word_size = word_size;
        recipe.by_cycle = true;
        recipe.images = kImages;
        recipe.run_length = engines.run_length();
        for (const auto& spaces : {std::vector(kSpaces.begin(), kSpaces.end()),
                                   std::vector(kDataSpaces.begin(), kDataSpaces.end())}) {
          recipe.spaces = spaces;
          engines.expect_same(
              Drawer(engines.sites(), recipe).draw(3, 1, static_cast<std::uint64_t>(round)));
        }
      }
    }
  }
}

// Layer 5 of cnvW1A2 begins to wait for layer 6 in image 80; from image 413 on everything repeats.
TEST(UpsetsInLateImages, OfEverySpace) {
  constexpr int kImages = 100;
  BothEngines engines(topology("cnvW1A2"), true, kImages);
  Recipe recipe;
  recipe.spaces.assign(kDataSpaces.begin(), kDataSpaces.end());
  recipe.faults = 1000;
  recipe.by_cycle = true;
  recipe.images = kImages;
  recipe.run_length = engines.run_length();
  engines.expect_same(Drawer(engines.sites(), recipe).draw(3, 2, 0));
  EXPECT_EQ(engines.shown(), 1);
}

}  // namespace
}  // namespace fluence::test
