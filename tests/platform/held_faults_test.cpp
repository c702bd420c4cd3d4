// Stuck bits and intermittent faults, on the fast engine and on the RTL in the platform: every score of
// every image and every fate is equal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "fault/held_bits.hpp"
#include "fault/lifetimes.hpp"
#include "network/synthetic.hpp"
#include "tests/platform/both_engines.hpp"

namespace fluence::test {
namespace {

constexpr int kImages = 2;

/// Draws faults of one space and layer that hold bits, and flips beside and upon them.
class Defects {
 public:
  explicit Defects(const Schedule& schedule)
      : schedule_(schedule), sites_(schedule.net()), lifetimes_(schedule.net()) {}

  /// Adds some to a trial by cycle: from any cycle on, for any time, and for a cycle or two about a
  /// moment at which another word is stored or used. There must be such bits.
  void add(Space space, int layer, FaultCase& trial) {
    for (int i = 0; i < 4; ++i) {
      const auto site = random_site(space, layer);
      const auto begin = below(4) == 0 ? 0 : random_cycle();
      add(held(site, begin, below(3) == 0 ? std::nullopt : std::optional(duration())), trial);
    }
    for (int i = 0; i < 4 && space != Space::control; ++i) {
      const auto site = random_site(space, layer);
      if (const auto change = next_change(site, random_cycle())) {
        add(held(site, *change - below(2), 1 + below(2)), trial);
      }
    }
  }
  [[nodiscard]] const SiteMap& sites() const { return sites_; }
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

 private:
  std::uint64_t run_length() const { return schedule_.run_length(kImages); }
  std::uint64_t random_cycle() { return below(run_length()); }
  // As often some ten cycles as all of the run.
  std::uint64_t duration() { return 1 + (random_cycle() >> below(16)); }
  Site random_site(Space space, int layer) {
    return sites_.nth(space, layer, below(sites_.bit_count(space, layer)));
  }
  Fault held(const Site& site, std::uint64_t begin, std::optional<std::uint64_t> duration) {
    Fault fault{std::nullopt, begin, site, below(2) == 0 ? 1 : 8};
    const bool intermittent = duration && is_parameter(site.space) && below(2) == 0;
    fault.kind = intermittent    ? FaultKind::intermittent
                 : below(2) == 0 ? FaultKind::stuck0
                                 : FaultKind::stuck1;
    fault.duration = duration;
    return fault;
  }
  // With flips of its word: of its bit within its time, at its end and at any time.
  void add(const Fault& fault, FaultCase& trial) {
    trial.faults.push_back(fault);
    try {
      static_cast<void>(HeldBits(trial, sites_));
    } catch (const InputError&) {
      trial.faults.pop_back();  // another one holds the bit
      return;
    }
    if (fault.site.space == Space::control) {
      return;
    }
    Fault flip{std::nullopt, *fault.cycle, fault.site, below(2) == 0 ? 1 : 8};
    const auto end = std::min(fault.end(), run_length());
    flip.cycle = *fault.cycle + below(end - *fault.cycle);
    trial.faults.push_back(flip);
    if (end < run_length()) {
      flip.cycle = end - below(2);
      trial.faults.push_back(flip);
    }
    flip.cycle = random_cycle();
    trial.faults.push_back(flip);
  }
  /// The first cycle after `cycle` in which a flip of the site does something else, if it comes soon.
  std::optional<std::uint64_t> next_change(const Site& site, std::uint64_t cycle) const {
    constexpr int kFar = 40'000;
    const auto what = [&](std::uint64_t at) {
      std::vector<Transient> transients;
      const auto fate =
          lifetimes_.follow(site, ScheduledCounts(schedule_, at, kImages), kImages, transients);
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

  const Schedule& schedule_;
  SiteMap sites_;
  Lifetimes lifetimes_;
  std::mt19937_64 random_{12};
};

Parameters trained(const Topology& net) {
  return Parameters::load(net, FLUENCE_SOURCE_DIR "/models/" + net.name + ".onnx");
}

class HeldFaults : public testing::TestWithParam<const char*> {
 protected:
  /// A trial for each of the spaces and each layer, a round each; on the larger networks one round is of
  /// some of the layers.
  void run(std::vector<Space> spaces, const Parameters& parameters) {
    BothEngines engines(parameters, synthetic_images(kSyntheticTestSeed, 0, kImages));
    Defects defects(engines.schedule());
    std::int64_t trials = 0;
    for (int round = 0; round < rounds(); ++round) {
      for (const auto space : spaces) {
        for (const auto& layer : net_.layers) {
          const bool wanted = net_.name == "cnvW1A1" || rounds() > 1 || layer.index % 4 == 1;
          if (wanted && defects.sites().bit_count(space, layer.index) > 0) {
            FaultCase trial{++trials, kImages, {}};
            defects.add(space, layer.index, trial);
            engines.expect_same(trial);
          }
        }
      }
    }
    EXPECT_GT(engines.shown(), trials / 3);
    for (const auto space : spaces) {
      EXPECT_GT(engines.fates(space, Fate::read), 0) << to_string(space);
    }
  }

  const Topology& net_ = topology(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Networks, HeldFaults, testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(HeldFaults, InParameters) { run({Space::weights, Space::thresholds}, trained(net_)); }

TEST_P(HeldFaults, InBuffers) {
  run({Space::window, Space::vector, Space::accumulator, Space::pool}, trained(net_));
}

TEST_P(HeldFaults, InStreams) { run({Space::fifo, Space::stream}, trained(net_)); }

// Sums and activations then take values that trained parameters never give.
TEST_P(HeldFaults, OnRandomParameters) {
  BothEngines engines(random_parameters(net_, 4), synthetic_images(kSyntheticTestSeed, 0, kImages));
  Defects defects(engines.schedule());
  for (int round = 0; round < rounds(); ++round) {
    for (auto space = kSpaces.begin(); space != std::prev(kSpaces.end()); ++space) {
      FaultCase trial{round, kImages, {}};
      for (const auto& layer : net_.layers) {
        if (defects.sites().bit_count(*space, layer.index) > 0) {
          defects.add(*space, layer.index, trial);
        }
      }
      engines.expect_same(trial);
    }
  }
  EXPECT_GT(engines.shown(), 0);
}

// Alone, and beside bits that are stuck in all other spaces.
TEST(HeldFaultsInControl, AreHandedOver) {
  const auto& net = topology("cnvW1A1");
  BothEngines engines(trained(net), synthetic_images(kSyntheticTestSeed, 0, kImages));
  Defects defects(engines.schedule());
  int trials = 0;
  for (int round = 0; round < rounds(); ++round) {
    for (const auto& layer : net.layers) {
      FaultCase trial{++trials, kImages, {}};
      defects.add(Space::control, layer.index, trial);
      trial.faults.resize(1);
      if (layer.index % 3 == 0) {
        for (auto space = kSpaces.begin(); space != std::prev(kSpaces.end()); ++space) {
          if (defects.sites().bit_count(*space, layer.index) > 0) {
            defects.add(*space, layer.index, trial);
          }
        }
      }
      engines.expect_same(trial);
    }
  }
  EXPECT_GT(engines.hangs(), 0);
  EXPECT_GT(trials, engines.hangs());
}

// A weight that every image uses, whose bit 0 and 1 are stuck at both values.
class AStuckWeight : public testing::Test {
 protected:
  static constexpr std::uint64_t kBegin = 1000;  // long before layer 8 begins

  std::vector<std::int16_t> fast(std::vector<Fault> faults, Semantics semantics = Semantics::physical) {
    return fast_.run({1, kImages, std::move(faults)}, semantics).scores;
  }
  [[nodiscard]] Fault at_cycle(FaultKind kind, std::uint64_t cycle,
                               std::optional<std::uint64_t> duration = {}) const {
    Fault fault{std::nullopt, cycle, site_, 1, kind, duration};
    return fault;
  }
  [[nodiscard]] Fault at_image(FaultKind kind, std::int64_t image,
                               std::optional<std::uint64_t> duration = {}) const {
    return {image, std::nullopt, site_, 1, kind, duration};
  }
  [[nodiscard]] bool bit() const { return (parameters_.weight(8, 0, 0) & 1U) != 0; }
  /// The kind that changes the weight, and the one that does not.
  [[nodiscard]] FaultKind wrong() const { return bit() ? FaultKind::stuck0 : FaultKind::stuck1; }
  [[nodiscard]] FaultKind right() const { return bit() ? FaultKind::stuck1 : FaultKind::stuck0; }

  const Topology& net_ = topology("cnvW1A1");
  const Site site_{Space::weights, 8, 0, 0};
  Parameters parameters_ = random_parameters(net_, 4);
  ImageSet images_ = synthetic_images(kSyntheticTestSeed, 0, kImages);
  FastEngine fast_{parameters_, images_, FastEngine::kDefaultCacheBytes,
                   [this] { return schedule_of(net_); }};
  const std::vector<std::int16_t> clean_ = fast({});
  const std::vector<std::int16_t> flipped_ = fast({at_cycle(FaultKind::flip, 0)});
};

TEST_F(AStuckWeight, IsAFlipThatNothingTakesBack) {
  ASSERT_NE(clean_, flipped_);
  EXPECT_EQ(fast({at_cycle(wrong(), kBegin)}), flipped_);
  EXPECT_EQ(fast({at_cycle(right(), kBegin)}), clean_);
  EXPECT_EQ(fast({at_cycle(wrong(), kBegin), at_cycle(FaultKind::flip, kBegin + 1)}), flipped_);
  EXPECT_EQ(fast({at_cycle(right(), kBegin), at_cycle(FaultKind::flip, kBegin)}), clean_)
      << "in one cycle it is flipped first, then held";
  EXPECT_EQ(fast({at_cycle(FaultKind::flip, kBegin - 1), at_cycle(right(), kBegin)}), clean_);
  EXPECT_EQ(fast({at_image(wrong(), 0)}), flipped_);
}

TEST_F(AStuckWeight, KeepsItsValueWhenItIsReleased) {
  EXPECT_EQ(fast({at_cycle(wrong(), kBegin, 1)}), flipped_);
  EXPECT_EQ(fast({at_cycle(right(), kBegin, 10), at_cycle(FaultKind::flip, kBegin + 10)}), flipped_)
      << "it is free in the cycle of its end";
  EXPECT_EQ(fast({at_cycle(right(), kBegin, 10), at_cycle(FaultKind::flip, kBegin + 9)}), clean_);
  EXPECT_EQ(fast({at_image(wrong(), 0, 1)}), flipped_);
}

TEST_F(AStuckWeight, IsNotWhatAnIntermittentOneIs) {
  EXPECT_EQ(fast({at_cycle(FaultKind::intermittent, kBegin, 10)}), clean_) << "not read in that time";
  EXPECT_EQ(fast_.run({1, kImages, {at_cycle(FaultKind::intermittent, kBegin, 10)}}, Semantics::physical)
                .fates.front(),
            Fate::never_read);
  const auto first_image = fast({at_image(FaultKind::intermittent, 0, 1)});
  const auto row = flipped_.begin() + kScores;
  EXPECT_EQ(std::vector(first_image.begin(), first_image.begin() + kScores),
            std::vector(flipped_.begin(), row));
  EXPECT_EQ(std::vector(first_image.begin() + kScores, first_image.end()),
            std::vector(clean_.begin() + kScores, clean_.end()));
}

// The host reads, inverts and writes a word of which one bit is stuck.
TEST_F(AStuckWeight, StaysWhatItIsWhenTheHostWrites) {
  RtlEngine rtl(parameters_, images_);
  auto whole = at_image(FaultKind::flip, 1);
  whole.word_size = 8;
  for (const auto kind : {wrong(), right()}) {
    for (const auto semantics : {Semantics::source, Semantics::physical}) {
      for (const std::int64_t from : {0, 1}) {
        const FaultCase trial{1, kImages, {whole, at_image(kind, from)}};
        const auto result = rtl.run(trial, semantics);
        EXPECT_EQ(result.scores, fast(trial.faults, semantics)) << to_string(kind) << " from " << from;
        EXPECT_EQ(result.fates, (std::vector{Fate::read, Fate::read}));
      }
    }
  }
  // A threshold of layer 0 is read back without its fraction.
  Fault threshold{1, std::nullopt, {Space::thresholds, 0, 3, 0, 0, 9}};
  Fault stuck{0, std::nullopt, {Space::thresholds, 0, 3, 0, 0, 2}, 1, FaultKind::stuck1};
  const FaultCase trial{2, kImages, {threshold, stuck}};
  EXPECT_EQ(rtl.run(trial, Semantics::source).scores, fast(trial.faults, Semantics::source));
  // Nothing of that is left.
  EXPECT_EQ(rtl.run({3, kImages, {at_image(FaultKind::flip, 1)}}, Semantics::physical).scores,
            fast({at_image(FaultKind::flip, 1)}));
}

TEST(HeldFaultsBetweenImages, AreTheSameOnBothEngines) {
  const auto& net = topology("cnvW1A1");
  const auto parameters = random_parameters(net, 4);
  const auto images = synthetic_images(kSyntheticTestSeed, 0, 4);
  RtlEngine rtl(parameters, images);
  FastEngine fast(parameters, images);
  const SiteMap sites(net);
  std::mt19937_64 random(3);
  const auto below = [&](std::uint64_t limit) { return random() % limit; };
  for (int t = 0; t < 8 * rounds(); ++t) {
    FaultCase trial{t, 4, {}};
    for (int i = 0; i < 40; ++i) {
      const auto space = below(2) == 0 ? Space::weights : Space::thresholds;
      const auto layer = static_cast<int>(below(space == Space::weights ? 9 : 8));
      Fault fault{static_cast<std::int64_t>(below(4)), std::nullopt,
                  sites.nth(space, layer, below(sites.bit_count(space, layer))), below(2) == 0 ? 1 : 8};
      fault.kind = static_cast<FaultKind>(below(4));
      if (fault.kind == FaultKind::intermittent || (fault.kind != FaultKind::flip && below(2) == 0)) {
        fault.duration = 1 + below(4);
      }
      trial.faults.push_back(fault);
      try {
        static_cast<void>(HeldBits(trial, sites));
      } catch (const InputError&) {
        trial.faults.pop_back();
      }
    }
    const auto expected = rtl.run(trial, Semantics::physical);
    const auto result = fast.run(trial, Semantics::physical);
    EXPECT_EQ(result.scores, expected.scores) << t;
    EXPECT_EQ(result.fates, expected.fates) << t;
  }
}

}  // namespace
}  // namespace fluence::test
