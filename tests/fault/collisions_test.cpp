// How often upsets meet in one code word, and what becomes of them there, beside closed forms: of n
// upsets at distinct bits of N, two are in the same word of w bits with probability (w - 1) / (N - 1).
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <tuple>

#include "fault/draw.hpp"
#include "fault/stored_group.hpp"
#include "tests/support/random_network.hpp"

namespace fluence::test {
namespace {

constexpr int kUpsets = 5;
constexpr int kTrials = 20'000;
constexpr int kPairs = kUpsets * (kUpsets - 1) / 2;
constexpr int kLayer = 1;

struct Met {
  int pairs = 0;     ///< upsets in one code word
  int changed = 0;   ///< code words that an access gives another value of
  int detected = 0;  ///< code words in which it sees what it cannot correct
};

// Single upsets in the thresholds of a layer.
class Collisions : public testing::Test {
 protected:
  Met draw(const char* codec) {
    net_.layers[kLayer].threshold_codec = &find_codec(codec);
    parameters_.net = &net_;
    const SiteMap sites(net_);
    bits_ = sites.bit_count(Space::thresholds, kLayer);
    DrawPlan plan;
    plan.spaces = {Space::thresholds};
    plan.layers = {kLayer};
    plan.faults = kUpsets;
    plan.images = 1;
    const Drawer drawer(sites, plan);
    Met met;
    for (std::uint64_t trial = 0; trial < kTrials; ++trial) {
      std::map<std::tuple<int, int, int>, std::vector<Fault>> words;
      for (const auto& fault : drawer.draw(1, 0, trial).faults) {
        words[{fault.site.module, fault.site.index, fault.site.thresh}].push_back(fault);
      }
      for (const auto& [word, faults] : words) {
        const int number = static_cast<int>(faults.size());
        met.pairs += number * (number - 1) / 2;
        StoredGroup group(parameters_, faults.front().site);
        static_cast<void>(group.access());
        const auto before = group.given(0);
        for (const auto& fault : faults) {
          group.hit(fault, Semantics::physical);
        }
        met.detected += group.access().status == AccessStatus::detected ? 1 : 0;
        met.changed += group.given(0) != before ? 1 : 0;
      }
    }
    return met;
  }
  // Numbers of rare, nearly independent events are Poisson's: four standard deviations.
  void expect_pairs(int found, double others) const {
    const double expected = kTrials * kPairs * others / static_cast<double>(bits_ - 1);
    EXPECT_NEAR(found, expected, 4 * std::sqrt(expected));
  }

  Topology net_ = topology("cnvW1A1");
  Parameters parameters_ = random_parameters(topology("cnvW1A1"), 4);
  std::uint64_t bits_ = 0;
};

TEST_F(Collisions, InThreeCopiesHurtAtTheSameBitAlone) {
  const auto met = draw("tmr");
  EXPECT_EQ(bits_, 3 * 1024U);
  expect_pairs(met.pairs, 3 * 16 - 1);
  expect_pairs(met.changed, 2);  // a bit's two other copies
  EXPECT_EQ(met.detected, 0);
}

TEST_F(Collisions, InACodeWordAreDetectedWhereTheyWouldBeCorrectedAlone) {
  const auto met = draw("secded");
  EXPECT_EQ(bits_, 1024U / 16 * 22);
  expect_pairs(met.pairs, 22 - 1);
  // Pairs are detected; three in a word are rarer by far than what the interval takes.
  expect_pairs(met.detected, 22 - 1);
  // A pair changes the value unless it is of two of the six check bits.
  expect_pairs(met.changed, (22.0 - 1) * (1 - 6.0 * 5 / (22 * 21)));
}

TEST_F(Collisions, ChangeEveryWordWithoutACodec) {
  const auto met = draw("none");
  expect_pairs(met.pairs, 16 - 1);
  EXPECT_EQ(met.detected, 0);
  EXPECT_GT(met.changed, kTrials * (kUpsets - 1));
}

}  // namespace
}  // namespace fluence::test
