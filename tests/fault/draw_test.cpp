#include "fault/draw.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/poisson.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <span>

#include "base/error.hpp"
#include "base/poisson.hpp"
#include "base/random.hpp"
#include "fault/fault_list.hpp"

namespace fluence {
namespace {

using ::testing::HasSubstr;

const SiteMap& w1a1() {
  static const SiteMap sites(topology("cnvW1A1"));
  return sites;
}

DrawPlan draw_plan(std::vector<Space> spaces, std::vector<int> layers, int faults, int word_size,
                   Semantics semantics = Semantics::source) {
  return {std::move(spaces), std::move(layers), faults, word_size, semantics, false, 100};
}

std::string text(const FaultCase& drawn) { return to_line({drawn, {}}); }

std::string error_of(const DrawPlan& r) {
  try {
    const Drawer drawer(w1a1(), r);
    return "no error";
  } catch (const InputError& e) {
    return e.what();
  }
}

// Probability of a deviation from the expected counts at least as large as that of the observed ones.
double chi_square_p(const std::vector<double>& observed, const std::vector<double>& expected) {
  double chi = 0;
  for (std::size_t i = 0; i < observed.size(); ++i) {
    chi += (observed[i] - expected[i]) * (observed[i] - expected[i]) / expected[i];
  }
  const boost::math::chi_squared distribution(static_cast<double>(observed.size() - 1));
  return boost::math::cdf(boost::math::complement(distribution, chi));
}

// A draw of a fixed seed either passes for good or fails for good; a biased one has p of about 0.
void expect_plausible(double p) {
  EXPECT_GT(p, 1e-3);
  EXPECT_LT(p, 1 - 1e-3) << "more even than chance";
}

TEST(TrialRandom, BelowIsUniformAndRejectsTheExcess) {
  TrialRandom random(1, 2, 3);
  std::vector<double> counts(7, 0);
  for (int i = 0; i < 70'000; ++i) {
    counts[random.below(7)] += 1;
  }
  expect_plausible(chi_square_p(counts, std::vector<double>(7, 10'000)));
  // Just above 2^63 a plain modulo would give the lower half twice as often.
  const auto n = (std::uint64_t{1} << 63) + (std::uint64_t{1} << 62);
  std::vector<double> thirds(3, 0);
  for (int i = 0; i < 30'000; ++i) {
    thirds[random.below(n) / (std::uint64_t{1} << 62)] += 1;
  }
  expect_plausible(chi_square_p(thirds, std::vector<double>(3, 10'000)));
}

TEST(Drawer, SameKeyGivesSameBytesInAnyOrder) {
  const Drawer drawer(w1a1(), draw_plan({Space::weights}, {}, 20, 1));
  const Drawer again(w1a1(), draw_plan({Space::weights}, {}, 20, 1));
  std::vector<std::string> forward;
  for (std::uint64_t trial = 0; trial < 20; ++trial) {
    forward.push_back(text(drawer.draw(5, 6, trial)));
  }
  for (std::uint64_t trial = 20; trial-- > 0;) {
    EXPECT_EQ(text(again.draw(5, 6, trial)), forward[trial]);
  }
  EXPECT_EQ(std::set<std::string>(forward.begin(), forward.end()).size(), 20U);
  EXPECT_NE(text(drawer.draw(5, 7, 0)), forward[0]);
  EXPECT_NE(text(drawer.draw(6, 6, 0)), forward[0]);
}

TEST(Drawer, SitesAreUniformOverTheBitsOfLayersAndSpaces) {
  const Drawer drawer(w1a1(), draw_plan({Space::weights, Space::thresholds}, {}, 100, 1));
  std::map<std::pair<Space, int>, double> counts;
  constexpr int kTrials = 400;
  for (std::uint64_t trial = 0; trial < kTrials; ++trial) {
    for (const auto& fault : drawer.draw(1, 1, trial).faults) {
      counts[{fault.site.space, fault.site.layer}] += 1;
    }
  }
  std::vector<double> observed;
  std::vector<double> expected;
  for (const auto space : {Space::weights, Space::thresholds}) {
    for (int layer = 0; layer < 9; ++layer) {
      if (const auto bits = w1a1().bit_count(space, layer); bits > 0) {
        observed.push_back(counts[{space, layer}]);
        expected.push_back(100.0 * kTrials * static_cast<double>(bits) /
                           static_cast<double>(drawer.bit_count()));
      }
    }
  }
  EXPECT_EQ(drawer.bit_count(), 1'601'728U);
  expect_plausible(chi_square_p(observed, expected));
}

TEST(Drawer, SitesAreUniformWithinALayer) {
  const Drawer drawer(w1a1(), draw_plan({Space::thresholds}, {0}, 10, 1));
  std::vector<double> counts(drawer.bit_count(), 0);
  for (std::uint64_t trial = 0; trial < 4000; ++trial) {
    for (const auto& fault : drawer.draw(2, 1, trial).faults) {
      counts[w1a1().address(fault.site) - w1a1().address({Space::thresholds, 0, 0, 0, 0, 0})] += 1;
    }
  }
  const auto each = 40'000.0 / static_cast<double>(counts.size());
  expect_plausible(chi_square_p(counts, std::vector<double>(counts.size(), each)));
}

TEST(Drawer, ImagesAreUniformAndInOrder) {
  const Drawer drawer(w1a1(), draw_plan({Space::weights}, {}, 100, 1));
  std::vector<double> counts(100, 0);
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    const auto drawn = drawer.draw(3, 1, trial);
    EXPECT_EQ(drawn.images, 100);
    EXPECT_EQ(drawn.faults.size(), 100U);
    EXPECT_TRUE(std::ranges::is_sorted(drawn.faults, {}, &Fault::before_image));
    for (const auto& fault : drawn.faults) {
      EXPECT_FALSE(fault.cycle);
      counts.at(static_cast<std::size_t>(fault.before_image.value())) += 1;
    }
  }
  expect_plausible(chi_square_p(counts, std::vector<double>(100, 200)));
}

TEST(Drawer, CyclesAreUniformOverTheRun) {
  auto r = draw_plan({Space::window, Space::fifo}, {}, 100, 1, Semantics::physical);
  r.by_cycle = true;
  r.images = 5;
  r.run_length = 290'000;
  const Drawer drawer(w1a1(), r);
  std::vector<double> counts(50, 0);
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    const auto drawn = drawer.draw(3, 1, trial);
    EXPECT_TRUE(std::ranges::is_sorted(drawn.faults, {}, &Fault::cycle));
    for (const auto& fault : drawn.faults) {
      EXPECT_FALSE(fault.before_image);
      ASSERT_LT(fault.cycle.value(), r.run_length);
      counts[fault.cycle.value() * counts.size() / r.run_length] += 1;
    }
  }
  expect_plausible(chi_square_p(counts, std::vector<double>(counts.size(), 400)));
}

TEST(Drawer, NoBitFlipsTwiceWithinATrial) {
  for (const int word_size : {1, 8}) {
    for (const auto semantics : {Semantics::source, Semantics::physical}) {
      // Half of what fits, so that collisions are many.
      const int faults = word_size == 1 ? 768 : 96;
      const Drawer drawer(w1a1(), draw_plan({Space::thresholds}, {0}, faults, word_size, semantics));
      for (std::uint64_t trial = 0; trial < 20; ++trial) {
        std::set<std::uint64_t> flipped;
        const auto drawn = drawer.draw(1, 1, trial);
        EXPECT_EQ(drawn.faults.size(), static_cast<std::size_t>(faults));
        for (const auto& fault : drawn.faults) {
          auto site = fault.site;
          for (const int bit : flipped_bits(fault, w1a1().array_of(site).bits, semantics)) {
            site.bit = bit;
            EXPECT_TRUE(flipped.insert(w1a1().address(site)).second);
          }
        }
      }
    }
  }
}

// One word of a row and a square of four, of four interleaved words.
TEST(Drawer, BurstsHaveTheirShapesAndShareNoBit) {
  auto net = topology("cnvW1A1");
  net.layouts["thresholds"] = {0, 4};
  const SiteMap sites(net);
  auto plan = draw_plan({Space::thresholds}, {0}, 90, 1, Semantics::physical);
  plan.bursts = {{0.25, {{0, 0}, {0, 4}, {0, 8}}}, {0.75, {{0, 0}, {0, 1}, {1, 0}, {1, 1}}}};
  const Drawer drawer(sites, plan);
  EXPECT_EQ(drawer.expected(), 90);
  std::vector<double> counts(2, 0);
  for (std::uint64_t trial = 0; trial < 20; ++trial) {
    std::set<std::uint64_t> flipped;
    const auto drawn = drawer.draw(1, 1, trial);
    EXPECT_TRUE(std::ranges::is_sorted(drawn.faults, {}, &Fault::before_image));
    const auto is_at = [&](std::size_t i, const std::vector<Site>& sites_there) {
      return i + sites_there.size() <= drawn.faults.size() &&
             std::ranges::equal(sites_there, std::span(drawn.faults).subspan(i, sites_there.size()), {},
                                {}, &Fault::site);
    };
    for (std::size_t i = 0; i < drawn.faults.size();) {
      const auto& first = drawn.faults[i];
      const auto row = burst_sites(plan.bursts[0].bits, first.site, sites);
      const auto square = burst_sites(plan.bursts[1].bits, first.site, sites);
      const bool in_row = is_at(i, row) && (row.size() > 1 || !is_at(i, square));
      const auto& expected = in_row ? row : square;
      ASSERT_TRUE(is_at(i, expected));
      if (row != square) {  // of one bit each in the last column
        counts[in_row ? 0 : 1] += 1;
      }
      for (const auto& site : expected) {
        EXPECT_EQ(drawn.faults[i].word_size, 1);
        EXPECT_EQ(drawn.faults[i].before_image, first.before_image);
        EXPECT_TRUE(flipped.insert(sites.address(site)).second);
        ++i;
      }
    }
  }
  const double all = counts[0] + counts[1];
  EXPECT_NEAR(all, 20 * 90, 40);
  expect_plausible(chi_square_p(counts, {all * 0.25, all * 0.75}));
}

TEST(Drawer, ABurstIsOneUpsetOfADose) {
  auto plan = draw_plan({Space::thresholds}, {}, 0, 1);
  plan.upsets_a_bit = {1e-4};
  const Drawer single(w1a1(), plan);
  plan.bursts = burst_in_row(3);
  const Drawer bursts(w1a1(), plan);
  EXPECT_EQ(bursts.expected(), single.expected());
  for (std::uint64_t trial = 0; trial < 100; ++trial) {
    const auto one = single.draw(1, 1, trial);
    const auto all = bursts.draw(1, 1, trial);
    std::size_t i = 0;
    for (const auto& fault : one.faults) {
      ASSERT_LT(i, all.faults.size());
      EXPECT_EQ(all.faults[i].before_image, fault.before_image);
      i += burst_sites(plan.bursts[0].bits, all.faults[i].site, w1a1()).size();
    }
    EXPECT_EQ(i, all.faults.size());
  }
}

// All bits of all of them, each once.
TEST(Drawer, AFaultMayBeOfAWholeModule) {
  auto plan = draw_plan({Space::thresholds}, {0}, 16, kWholeWord, Semantics::physical);
  plan.kind = FaultKind::stuck1;
  for (const auto extent : {Extent::module, Extent::storage}) {
    plan.extent = extent;
    plan.faults = extent == Extent::module ? 16 : 1;
    std::set<std::uint64_t> held;
    const auto drawn = Drawer(w1a1(), plan).draw(1, 1, 1);
    EXPECT_EQ(drawn.faults.size(), 64U);
    for (const auto& fault : drawn.faults) {
      auto site = fault.site;
      EXPECT_EQ(fault.kind, FaultKind::stuck1);
      for (const int bit : flipped_bits(fault, w1a1().array_of(site).bits, plan.semantics)) {
        site.bit = bit;
        EXPECT_TRUE(held.insert(w1a1().address(site)).second);
      }
    }
    EXPECT_EQ(held.size(), w1a1().bit_count(Space::thresholds, 0));
  }
  plan.faults = 2;
  EXPECT_EQ(error_of(plan),
            "2 upsets at distinct bits do not fit into the 1 storages of thresholds of layer 0 of "
            "cnvW1A1: use fewer faults");
  auto net = topology("cnvW1A1");
  net.layers[5].simd = 2;
  const SiteMap sites(net);
  plan.spaces = {Space::weights};
  plan.layers = {5};
  plan.faults = 1;
  EXPECT_THROW(Drawer(sites, plan), InputError);
}

TEST(Drawer, RefusesBurstsThatMayNotFit) {
  auto plan = draw_plan({Space::thresholds}, {0}, 96, 1);
  plan.bursts = burst_in_row(4);
  EXPECT_EQ(error_of(plan), "no error");
  EXPECT_EQ(Drawer(w1a1(), plan).draw(1, 1, 1).faults.size() > 300, true);
  plan.faults = 97;
  EXPECT_EQ(error_of(plan),
            "97 upsets at distinct bits do not fit into the 96 bursts of up to 4 bits that surely find "
            "room in thresholds of layer 0 of cnvW1A1: use fewer faults");
  plan.faults = 1;
  plan.semantics = Semantics::shipped;
  EXPECT_EQ(error_of(plan),
            "semantics shipped knows modes seu and mbu only, as the library of October 2019 does: use "
            "one of them, or semantics source");
}

// Where and when are those of flips by the same key.
TEST(Drawer, ThatHoldsBitsDrawsWhatFlipsOthers) {
  auto plan = draw_plan({Space::thresholds}, {}, 20, 1, Semantics::physical);
  const auto flips = Drawer(w1a1(), plan).draw(3, 1, 5);
  plan.kind = FaultKind::intermittent;
  plan.duration = 4;
  const auto held = Drawer(w1a1(), plan).draw(3, 1, 5);
  plan.from_start = true;
  const auto from_start = Drawer(w1a1(), plan).draw(3, 1, 5);
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(held.faults[i].site, flips.faults[i].site);
    EXPECT_EQ(held.faults[i].before_image, flips.faults[i].before_image);
    EXPECT_EQ(held.faults[i].kind, FaultKind::intermittent);
    EXPECT_EQ(held.faults[i].duration, 4U);
    EXPECT_EQ(from_start.faults[i].before_image, 0);
  }
  plan.semantics = Semantics::source;
  EXPECT_EQ(error_of(plan),
            "faults of kind intermittent are in the stored bits, which no access of the host holds: use "
            "semantics physical");
}

// Poisson's probabilities of 0, 1, .. and of all above.
std::vector<double> poisson_shares(double mean, int most) {
  std::vector<double> shares;
  double share = std::exp(-mean);
  double rest = 1;
  for (int k = 0; k < most; share *= mean / ++k) {
    shares.push_back(share);
    rest -= share;
  }
  shares.push_back(rest);
  return shares;
}

TEST(Poisson, HasItsDistribution) {
  for (const auto& [mean, most] : {std::pair{0.3, 3}, {1.0, 5}, {7.6, 18}}) {
    std::vector<double> counts(static_cast<std::size_t>(most) + 1, 0);
    constexpr int kDraws = 20'000;
    TrialRandom random(1, 2, 3);
    for (int i = 0; i < kDraws; ++i) {
      counts[std::min<std::size_t>(poisson(mean, random), counts.size() - 1)] += 1;
    }
    auto expected = poisson_shares(mean, most);
    for (auto& share : expected) {
      share *= kDraws;
    }
    expect_plausible(chi_square_p(counts, expected));
  }
  TrialRandom random(1, 2, 3);
  EXPECT_EQ(poisson(0, random), 0U);
  EXPECT_NEAR(static_cast<double>(poisson(1e6, random)), 1e6, 4e3);
}

// By Chernoff's bound, which is above what it bounds.
TEST(Poisson, IsWithinWhatItHardlyExceeds) {
  for (const double mean : {1e-6, 0.4, 5.0, 1000.0}) {
    double most = 0;
    while (!poisson_is_within(mean, most)) {
      ++most;
    }
    const boost::math::poisson_distribution<> distribution(mean);
    EXPECT_LT(boost::math::cdf(boost::math::complement(distribution, most)), 1e-9);
    EXPECT_LT(most, mean + 7 * std::sqrt(mean) + 12);
  }
  EXPECT_TRUE(poisson_is_within(0, 0));
  EXPECT_FALSE(poisson_is_within(std::numeric_limits<double>::infinity(), 1e300));
}

TEST(Drawer, ADoseGivesAPoissonNumberInAnyOrder) {
  auto plan = draw_plan({Space::thresholds}, {}, 0, 1);
  plan.upsets_a_bit = {1e-4};
  const Drawer drawer(w1a1(), plan);
  EXPECT_DOUBLE_EQ(drawer.expected(), 3.1232);
  std::vector<double> counts(10, 0);
  std::vector<std::string> forward;
  constexpr int kTrials = 3000;
  for (std::uint64_t trial = 0; trial < kTrials; ++trial) {
    const auto drawn = drawer.draw(1, 1, trial);
    EXPECT_TRUE(std::ranges::is_sorted(drawn.faults, {}, &Fault::before_image));
    counts[std::min<std::size_t>(drawn.faults.size(), counts.size() - 1)] += 1;
    forward.push_back(text(drawn));
  }
  for (std::uint64_t trial = kTrials; trial-- > 0;) {
    EXPECT_EQ(text(Drawer(w1a1(), plan).draw(1, 1, trial)), forward[trial]);
  }
  auto expected = poisson_shares(drawer.expected(), 9);
  for (auto& share : expected) {
    share *= kTrials;
  }
  expect_plausible(chi_square_p(counts, expected));
}

// 1,536 bits of the thresholds of layer 0 and 1,728 of its weights, of which the first are hit thrice as
// often.
TEST(Drawer, ADoseHitsSpacesByTheirUpsetsABit) {
  auto plan = draw_plan({Space::weights, Space::thresholds}, {0}, 0, 1);
  plan.upsets_a_bit = {1e-2, 3e-2};
  const Drawer drawer(w1a1(), plan);
  std::vector<double> counts(2, 0);
  std::set<std::uint64_t> hit;
  for (std::uint64_t trial = 0; trial < 300; ++trial) {
    hit.clear();
    for (const auto& fault : drawer.draw(1, 1, trial).faults) {
      counts[fault.site.space == Space::weights ? 0 : 1] += 1;
      EXPECT_TRUE(hit.insert(w1a1().address(fault.site)).second);
    }
  }
  const double all = counts[0] + counts[1];
  EXPECT_NEAR(all, 300 * 63.36, 4 * std::sqrt(300 * 63.36));
  expect_plausible(chi_square_p(counts, {all * 17.28 / 63.36, all * 46.08 / 63.36}));
}

// One space would be full while all have room.
TEST(Drawer, ADoseThatFillsOneSpaceIsRefused) {
  auto plan = draw_plan({Space::weights, Space::thresholds}, {0}, 0, 8);
  plan.upsets_a_bit = {1e-3, 0.2};
  EXPECT_EQ(error_of(plan),
            "a dose of 307.2 upsets a trial on average may give more than fit into the 192 groups of 8 "
            "bits of thresholds of layer 0 of cnvW1A1: use a lower dose");
}

TEST(Drawer, FillsASpaceToTheLastBit) {
  const Drawer bits(w1a1(), draw_plan({Space::thresholds}, {0}, 1536, 1));
  EXPECT_EQ(bits.draw(1, 1, 1).faults.size(), 1536U);
  const Drawer groups(w1a1(), draw_plan({Space::weights}, {0}, 576, 8));  // 576 words of 3 bits
  EXPECT_EQ(groups.draw(1, 1, 1).faults.size(), 576U);
}

TEST(Drawer, RefusesWhatCannotBeDrawn) {
  EXPECT_EQ(error_of(draw_plan({Space::thresholds}, {0}, 1537, 1)),
            "1537 upsets at distinct bits do not fit into the 1536 bits of thresholds of layer 0 of "
            "cnvW1A1: use fewer faults");
  EXPECT_EQ(error_of(draw_plan({Space::weights}, {0}, 577, 8)),
            "577 upsets at distinct bits do not fit into the 576 groups of 8 bits of weights of layer 0 "
            "of cnvW1A1: use fewer faults");
  EXPECT_EQ(error_of(draw_plan({Space::weights}, {9}, 1, 1)),
            "layer 9 does not exist in cnvW1A1: use 0 to 8");
  EXPECT_EQ(error_of(draw_plan({Space::thresholds}, {7, 8}, 1, 1)),
            "there are no thresholds of layer 8 of cnvW1A1: leave that combination out");
  EXPECT_THAT(error_of(draw_plan({Space::weights}, {1, 1}, 1, 1)), HasSubstr("named twice"));
  EXPECT_THAT(error_of(draw_plan({Space::fifo}, {}, 1, 1, Semantics::source)),
              HasSubstr("reaches weights and thresholds only, not fifo"));
  auto timed = draw_plan({Space::weights}, {}, 1, 1, Semantics::shipped);
  timed.by_cycle = true;
  EXPECT_THAT(error_of(timed), HasSubstr("has no cycle"));
}

TEST(ShippedDraws, AtMostOneFaultBeforeEachImage) {
  const Drawer drawer(w1a1(), draw_plan({Space::weights}, {0}, 60, 8, Semantics::shipped));
  double total = 0;
  for (std::uint64_t trial = 0; trial < 400; ++trial) {
    std::set<std::int64_t> images;
    for (const auto& fault : drawer.draw(1, 1, trial).faults) {
      EXPECT_TRUE(images.insert(fault.before_image.value()).second);
    }
    total += static_cast<double>(images.size());
  }
  // 60 draws out of 100 images leave 100 (1 - 0.99^60) = 45.28 different ones on average.
  EXPECT_NEAR(total / 400, 45.28, 0.5);
}

TEST(ShippedDraws, SpaceFollowsTheLastListedLayerAndThenTheLayerItsBitsOfThatSpace) {
  const std::vector<int> layers = {0, 1, 2};
  const std::vector<Space> spaces = {Space::weights, Space::thresholds};
  const Drawer drawer(w1a1(), draw_plan(spaces, layers, 100, 8, Semantics::shipped));
  std::vector<double> seen(6, 0);
  double all = 0;
  for (std::uint64_t trial = 0; trial < 1000; ++trial) {
    for (const auto& fault : drawer.draw(4, 1, trial).faults) {
      seen.at(static_cast<std::size_t>(fault.site.layer) +
              (fault.site.space == Space::weights ? 0U : 3U)) += 1;
      all += 1;
    }
  }
  const auto bits = [](Space space, int layer) {
    return static_cast<double>(w1a1().bit_count(space, layer));
  };
  std::vector<double> expected;
  for (const auto space : spaces) {
    const auto share = bits(space, 2) / (bits(Space::weights, 2) + bits(Space::thresholds, 2));
    const auto of_space = bits(space, 0) + bits(space, 1) + bits(space, 2);
    for (const int layer : layers) {
      expected.push_back(all * share * bits(space, layer) / of_space);
    }
  }
  expect_plausible(chi_square_p(seen, expected));
}

TEST(ShippedDraws, LastLayerWithoutThresholdsMeansWeightsOnly) {
  const Drawer drawer(w1a1(),
                      draw_plan({Space::weights, Space::thresholds}, {}, 100, 1, Semantics::shipped));
  for (std::uint64_t trial = 0; trial < 50; ++trial) {
    for (const auto& fault : drawer.draw(1, 1, trial).faults) {
      EXPECT_EQ(fault.site.space, Space::weights);
    }
  }
}

}  // namespace
}  // namespace fluence
