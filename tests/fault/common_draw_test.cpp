// Draws that are common to hardwares of a network.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "fault/draw.hpp"
#include "fault/fault_list.hpp"
#include "network/known_networks.hpp"

namespace fluence {
namespace {

DrawPlan plan_of(std::vector<Space> spaces, std::vector<double> upsets_a_bit) {
  DrawPlan plan{std::move(spaces), {}, 0, 1, Semantics::physical, false, 100};
  plan.upsets_a_bit = std::move(upsets_a_bit);
  plan.common = true;
  return plan;
}

Topology protected_thresholds(const std::string& codec) {
  auto net = topology("cnvW1A1");
  net.name = "cnvW1A1-" + codec;
  for (std::size_t l = 0; l + 1 < net.layers.size(); ++l) {
    net.layers[l].threshold_codec = &find_codec(codec);
  }
  return net;
}

// Those that another hardware has, too.
std::string shared_with(const SiteMap& other, const FaultCase& drawn) {
  auto some = drawn;
  std::erase_if(some.faults, [&](const Fault& fault) {
    const auto& site = fault.site;
    const auto& layer = other.net().layers[static_cast<std::size_t>(site.layer)];
    const auto bits = other.array_of({site.space, layer.index}).bits;
    return site.bit >= bits || site.copy >= other.array_of({site.space, layer.index}).copies;
  });
  return to_line({some, {}});
}

// Copies and check bits come in addition: nothing else of a trial changes, order and times included.
TEST(CommonDraw, HitsWhatHardwaresShareInTheSameTrialsAtTheSameTimes) {
  const SiteMap plain(topology("cnvW1A1"));
  const std::vector<Topology> nets = {topology("cnvW1A1-TMR"), topology("cnvW1A1-interleaved"),
                                      protected_thresholds("secded"), protected_thresholds("duplicate")};
  for (const bool by_cycle : {false, true}) {
    for (const int word_size : {1, 8}) {
      auto plan = plan_of({Space::weights, Space::thresholds}, {1e-6, 1e-4});
      plan.by_cycle = by_cycle;
      plan.run_length = 1'000'000;
      plan.word_size = word_size;
      const Drawer drawer(plain, plan);
      for (const auto& net : nets) {
        const SiteMap sites(net);
        const Drawer other(sites, plan);
        std::size_t more = 0;
        std::size_t shared = 0;
        for (std::uint64_t trial = 0; trial < 30; ++trial) {
          const auto one = drawer.draw(1, 2, trial);
          const auto two = other.draw(1, 2, trial);
          EXPECT_EQ(shared_with(plain, two), to_line({one, {}})) << net.name << " trial " << trial;
          EXPECT_EQ(to_line({other.draw(1, 2, trial), {}}), to_line({two, {}}));
          shared += one.faults.size();
          more += two.faults.size() - one.faults.size();
        }
        EXPECT_GT(shared, 60U);
        EXPECT_EQ(more > 0, net.name != "cnvW1A1-interleaved") << net.name;
      }
    }
  }
}

// All of them together are what draws of a hardware's own are: Poisson's number, of variance as mean,
// and every bit as likely; copies differ.
TEST(CommonDraw, IsPoissonOverAllBits) {
  const SiteMap sites(topology("cnvW1A1-TMR"));
  const auto plan = plan_of({Space::thresholds}, {1e-4});
  const Drawer drawer(sites, plan);
  EXPECT_DOUBLE_EQ(drawer.expected(), 5.2736);
  constexpr int kTrials = 4000;
  double sum = 0;
  double squares = 0;
  std::array<double, 9> by_layer{};
  std::array<double, 3> by_copy{};
  double high_half = 0;   // of the words, by their address
  double early_half = 0;  // of the images
  for (std::uint64_t trial = 0; trial < kTrials; ++trial) {
    const auto drawn = drawer.draw(3, 4, trial);
    EXPECT_TRUE(std::ranges::is_sorted(drawn.faults, {}, &Fault::before_image));
    const auto n = static_cast<double>(drawn.faults.size());
    sum += n;
    squares += n * n;
    for (const auto& fault : drawn.faults) {
      by_layer.at(static_cast<std::size_t>(fault.site.layer)) += 1;
      by_copy.at(static_cast<std::size_t>(fault.site.copy)) += 1;
      const auto& array = sites.array_of(fault.site);
      high_half += fault.site.index >= array.words / 2 ? 1 : 0;
      early_half += *fault.before_image < 50 ? 1 : 0;
    }
  }
  const double mean = sum / kTrials;
  const double expected = drawer.expected();
  // Within four standard errors.
  EXPECT_NEAR(mean, expected, 4 * std::sqrt(expected / kTrials));
  EXPECT_NEAR(squares / kTrials - mean * mean, expected, 4 * expected * std::sqrt(2.0 / kTrials));
  const auto near = [&](double count, double share) {
    const double all = kTrials * expected;
    EXPECT_NEAR(count, all * share, 4 * std::sqrt(all * share)) << share;
  };
  for (const auto& layer : sites.net().layers) {
    near(by_layer.at(static_cast<std::size_t>(layer.index)),
         static_cast<double>(sites.bit_count(Space::thresholds, layer.index)) / 52'736);
  }
  near(by_copy[1], 10'752.0 / 52'736);
  near(by_copy[2], 10'752.0 / 52'736);
  near(high_half, 0.5);
  near(early_half, 0.5);
}

// Where hardly any room is left, too.
TEST(CommonDraw, HitsNoBitTwice) {
  const auto net = protected_thresholds("parity 4");
  const SiteMap sites(net);
  for (const int word_size : {1, 8}) {
    auto plan = plan_of({Space::thresholds}, {word_size == 1 ? 0.8 : 0.08});
    plan.layers = {0};
    plan.word_size = word_size;
    const Drawer drawer(sites, plan);
    for (std::uint64_t trial = 0; trial < 5; ++trial) {
      std::set<std::uint64_t> hit;
      const auto drawn = drawer.draw(1, 1, trial);
      EXPECT_GT(static_cast<double>(drawn.faults.size()), drawer.expected() * 0.8);
      for (auto fault : drawn.faults) {
        fault.site.bit -= fault.site.bit % word_size;
        EXPECT_TRUE(hit.insert(sites.address(fault.site)).second);
      }
    }
  }
  auto bursts = plan_of({Space::thresholds}, {2e-3});
  bursts.bursts = burst_in_row(3);
  std::set<std::uint64_t> hit;
  std::size_t bits = 0;
  for (const auto& fault : Drawer(sites, bursts).draw(1, 1, 1).faults) {
    hit.insert(sites.address(fault.site));
    ++bits;
  }
  EXPECT_GT(bits, 100U);
  EXPECT_EQ(hit.size(), bits);
}

}  // namespace
}  // namespace fluence
