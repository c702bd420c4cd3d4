// Draws by importance: what they prefer, and that their weights take it back.
#include "fault/importance.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <random>

#include "base/error.hpp"
#include "fault/draw.hpp"
#include "tests/support/made_networks.hpp"

namespace fluence {
namespace {

using ::testing::HasSubstr;

// Layer 0 has 108 bits of weights in words of 3, and 96 of thresholds in words of 24.
const Topology& made() {
  static const Topology net = test::MadeNetwork("made").channels({4}).folding(0, 3, 2).folding(1, 4, 16);
  return net;
}

std::size_t faults_of(Space space, int word_size) {
  return space == Space::weights ? (word_size == 1 ? 108 : 36) : (word_size == 1 ? 96 : 12);
}

// Most faults of the layer matter nothing, some little, and one in ten much.
std::shared_ptr<const Importance> importance(int word_size, std::uint64_t seed = 1) {
  auto made_up = std::make_shared<Importance>(made(), "0123456789abcdef", word_size, FaultKind::flip);
  std::mt19937_64 random(seed);
  for (const auto space : {Space::weights, Space::thresholds}) {
    std::vector<std::uint32_t> important(faults_of(space, word_size));
    for (auto& one : important) {
      const auto of_ten = random() % 10;
      one = of_ten == 0 ? 500 : of_ten < 4 ? 3 : 0;
    }
    made_up->add(space, 0, important);
  }
  return made_up;
}

DrawPlan plan_of(int faults, int word_size, double plain) {
  DrawPlan plan;
  plan.spaces = {Space::weights, Space::thresholds};
  plan.layers = {0};
  plan.faults = faults;
  plan.word_size = word_size;
  plan.images = 7;
  plan.importance = importance(word_size);
  plan.plain = plain;
  return plan;
}

TEST(Importance, FindsEachFaultByItsShare) {
  const SiteMap sites(made());
  const auto by = importance(8);
  std::map<std::uint64_t, std::uint64_t> hits;  // [address]
  for (std::uint64_t n = 0; n < by->sum(Space::weights, 0); ++n) {
    ++hits[sites.address(by->at(Space::weights, 0, n))];
  }
  std::uint64_t sum = 0;
  for (std::uint64_t bit = 0; bit < 108; ++bit) {
    const auto site = sites.nth(Space::weights, 0, bit);
    EXPECT_EQ(hits[sites.address(site)], by->of(site)) << bit;
    EXPECT_EQ(by->bits(site), 3);
    sum += by->of(site);
  }
  EXPECT_EQ(sum, by->sum(Space::weights, 0));
}

TEST(Importance, KeepsWhatMattersLeastApartFromWhatMattersNothing) {
  Importance by(made(), "0123456789abcdef", 1, FaultKind::flip);
  std::vector<std::uint32_t> important(96, 0);
  important[5] = 1;
  important[7] = 1'000'000;
  by.add(Space::thresholds, 0, important);
  const SiteMap sites(made());
  EXPECT_EQ(by.of(sites.nth(Space::thresholds, 0, 4)), 0U);
  EXPECT_EQ(by.of(sites.nth(Space::thresholds, 0, 5)), 1U);
  EXPECT_EQ(by.of(sites.nth(Space::thresholds, 0, 7)), 62'500U);
}

// A trial's faults are drawn without replacement and unlike in size, and of one plan unlike in rate, so
// that what one takes away from the others is seen. Each weight must take all of that back.
void expect_as_plain(DrawPlan plan) {
  const SiteMap sites(made());
  const Drawer drawer(sites, plan);
  plan.importance = nullptr;
  const Drawer plain(sites, plan);
  constexpr int kTrials = 60'000;
  struct Sum {
    double plain = 0, drawn = 0, squares = 0;
  };
  std::map<std::uint64_t, Sum> by_unit;  // [address of a fault's first bit]
  Sum weights;
  for (std::uint64_t trial = 0; trial < kTrials; ++trial) {
    const auto unit = [&](const Fault& fault) {
      auto first = fault.site;
      first.bit -= first.bit % plan.word_size;
      return sites.address(first);
    };
    for (const auto& fault : plain.draw(1, 1, trial).faults) {
      ++by_unit[unit(fault)].plain;
    }
    const auto drawn = drawer.draw(1, 2, trial);
    const double weight = drawer.weight(drawn);
    ASSERT_GT(weight, 0);
    ASSERT_LE(weight, 1 / plan.plain + 1e-12);
    weights.drawn += weight;
    weights.squares += weight * weight;
    for (const auto& fault : drawn.faults) {
      auto& sum = by_unit[unit(fault)];
      sum.drawn += weight;
      sum.squares += weight * weight;
    }
  }
  EXPECT_NEAR(weights.drawn / kTrials, 1, 4 * std::sqrt(weights.squares) / kTrials);
  double chi = 0;
  for (const auto& [address, sum] : by_unit) {
    chi += (sum.drawn - sum.plain) * (sum.drawn - sum.plain) / (sum.squares + sum.plain);
  }
  const auto units = static_cast<double>(by_unit.size());
  EXPECT_EQ(by_unit.size(),
            faults_of(Space::weights, plan.word_size) + faults_of(Space::thresholds, plan.word_size));
  EXPECT_LT(chi, units + 4 * std::sqrt(2 * units));
  EXPECT_GT(chi, units - 5 * std::sqrt(2 * units));
}

TEST(DrawByImportance, WeightsMakeSingleBitsPlain) { expect_as_plain(plan_of(1, 1, 0.2)); }
TEST(DrawByImportance, WeightsMakeManyBitsPlain) { expect_as_plain(plan_of(5, 1, 0.5)); }
TEST(DrawByImportance, WeightsMakeGroupsOfUnlikeSizePlain) { expect_as_plain(plan_of(16, 8, 0.5)); }
TEST(DrawByImportance, WeightsMakeDosesOfUnlikeSpacesPlain) {
  auto plan = plan_of(0, 1, 0.4);
  plan.upsets_a_bit = {0.002, 0.09};
  expect_as_plain(plan);
}

TEST(DrawByImportance, IsTheSameOnEveryMachine) {
  const SiteMap sites(made());
  const Drawer drawer(sites, plan_of(3, 8, 0.2));
  const auto drawn = drawer.draw(9, 8, 7);
  EXPECT_EQ(drawer.draw(9, 8, 7).faults.size(), 3U);
  EXPECT_EQ(sites.address(drawer.draw(9, 8, 7).faults[1].site), sites.address(drawn.faults[1].site));
  EXPECT_EQ(drawer.weight(drawn), 0x1.b49b1c49f8bd4p-2);
}

TEST(DrawByImportance, HitsWhatIsCriticalInAllButPlainTrials) {
  const SiteMap sites(made());
  const auto plan = plan_of(2, 1, 0.25);
  const Drawer drawer(sites, plan);
  int none = 0;
  constexpr int kTrials = 20'000;
  for (int trial = 0; trial < kTrials; ++trial) {
    const auto drawn = drawer.draw(1, 1, static_cast<std::uint64_t>(trial));
    none += std::ranges::none_of(
        drawn.faults, [&](const Fault& fault) { return plan.importance->of(fault.site) > 0; });
  }
  // Some 0.6 of the faults matter nothing.
  EXPECT_GT(none, kTrials / 4 * 0.25);
  EXPECT_LT(none, kTrials / 4 * 0.5);
}

std::string refusal(const DrawPlan& plan) {
  const SiteMap sites(made());
  try {
    const Drawer drawer(sites, plan);
  } catch (const InputError& e) {
    return e.what();
  }
  return "none";
}

TEST(DrawByImportance, IsRefusedWhereTheMapSaysNothing) {
  auto plan = plan_of(1, 1, 0.5);
  plan.layers = {0, 1};
  EXPECT_THAT(refusal(plan), HasSubstr("the map to draw by lacks weights of layer 1 of made"));
  plan = plan_of(1, 8, 0.5);
  plan.word_size = 1;
  EXPECT_THAT(refusal(plan), HasSubstr("is of other faults than these"));
  plan = plan_of(1, 1, 0.5);
  plan.kind = FaultKind::stuck1;
  EXPECT_THAT(refusal(plan), HasSubstr("is of other faults than these"));
  plan = plan_of(1, 1, 0.5);
  plan.semantics = Semantics::shipped;
  EXPECT_THAT(refusal(plan), HasSubstr("is of other faults than these"));
  auto nothing = std::make_shared<Importance>(made(), "0", 1, FaultKind::flip);
  nothing->add(Space::weights, 0, std::vector<std::uint32_t>(108, 0));
  plan = plan_of(1, 1, 0.5);
  plan.spaces = {Space::weights};
  plan.importance = nothing;
  EXPECT_THAT(refusal(plan), HasSubstr("no fault in weights of layer 0 of made is critical"));
}

TEST(Importance, RefusesAMapOfAnotherShape) {
  Importance by(made(), "0", 1, FaultKind::flip);
  EXPECT_THROW(by.add(Space::weights, 0, std::vector<std::uint32_t>(107)), InputError);
}

}  // namespace
}  // namespace fluence
