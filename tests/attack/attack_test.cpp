#include "attack/attack.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "network/synthetic.hpp"
#include "tests/support/published.hpp"
#include "tests/support/random_network.hpp"

namespace fluence {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr int kImages = 6;

// Random networks call most images one class, so labels are what the network says: it is always right
// without faults, and there is something to lose.
class AttackOn : public testing::Test {
 protected:
  static ImageSet right_images(const Parameters& parameters) {
    std::vector<Image> images;
    for (int i = 0; i < kImages; ++i) {
      images.push_back(test::random_image(static_cast<std::uint64_t>(i)));
    }
    FastEngine engine(parameters, ImageSet(images));
    const auto scores = engine.run({0, kImages, {}}, Semantics::physical).scores;
    for (std::size_t i = 0; i < kImages; ++i) {
      images[i].label = static_cast<std::uint8_t>(
          classify(std::span(scores).subspan(i * kScores, kScores), engine.classes()));
    }
    return ImageSet(std::move(images));
  }

  Attack run(const AttackPlan& plan, const AttackHooks& hooks = quiet()) {
    return attack(parameters_, images_, plan, hooks);
  }
  Margins after(const std::vector<Site>& sites) {
    FastEngine engine(parameters_, images_);
    return margins_of(engine.run(attack_case(sites, kImages), Semantics::physical).scores, images_,
                      engine.classes(), kScores);
  }
  static AttackHooks quiet() {
    return {[](const auto&, const auto&) {}, [](std::int64_t) {}};
  }

  const Topology& net_ = topology("cnvW1A1");
  Parameters parameters_ = test::random_parameters(net_, 5);
  ImageSet images_ = right_images(parameters_);
  const AttackPlan plan_{{Space::weights, Space::thresholds}, {}, 4, 800, 3, 1};
};

TEST_F(AttackOn, EachBitMakesItWorseAndMarginsAreThoseOfTheBits) {
  std::vector<std::vector<Site>> seen;
  const auto found =
      run(plan_, {[&](const auto& sites, const auto&) { seen.push_back(sites); }, [](std::int64_t) {}});
  ASSERT_FALSE(found.sites.empty());
  EXPECT_EQ(found.fault_free.correct, kImages);
  EXPECT_LE(found.evaluations, plan_.evaluations);
  EXPECT_TRUE(found.sites.size() == 4 || found.margins.back() == Margins{})
      << "it ends early where nothing is left to lose";
  ASSERT_EQ(found.margins.size(), found.sites.size());
  EXPECT_LT(found.margins.back().correct, kImages);
  auto before = found.fault_free;
  for (std::size_t i = 0; i < found.sites.size(); ++i) {
    const std::vector<Site> sites(found.sites.begin(),
                                  found.sites.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    EXPECT_LT(found.margins[i], before);
    EXPECT_EQ(found.margins[i], after(sites)) << "after " << i + 1 << " bits";
    EXPECT_EQ(seen.at(i), sites);
    before = found.margins[i];
  }
  EXPECT_EQ(std::set<Site>(found.sites.begin(), found.sites.end()).size(), found.sites.size());
}

TEST_F(AttackOn, DependsOnTheSeedAndNotOnTheNumberOfJobs) {
  auto plan = plan_;
  const auto one = run(plan);
  plan.jobs = 3;
  const auto three = run(plan);
  EXPECT_EQ(one.sites, three.sites);
  EXPECT_EQ(one.margins, three.margins);
  EXPECT_EQ(one.evaluations, three.evaluations);
  plan.seed = 4;
  EXPECT_NE(run(plan).sites, one.sites);
}

TEST_F(AttackOn, TriesEveryBitOfASpaceThatIsSmallEnough) {
  const SiteMap sites(net_);
  const auto bits = sites.bit_count(Space::thresholds, 0);
  const auto found = run({{Space::thresholds}, {0}, 1, static_cast<int>(bits), 1, 2});
  EXPECT_EQ(found.evaluations, static_cast<int>(bits));
  auto least = found.fault_free;
  FastEngine engine(parameters_, images_);
  for (std::uint64_t n = 0; n < bits; ++n) {
    const auto result =
        engine.run(attack_case({sites.nth(Space::thresholds, 0, n)}, kImages), Semantics::physical);
    least = std::min(least, margins_of(result.scores, images_, engine.classes(), kScores));
  }
  EXPECT_EQ(found.margins.at(0), least);
}

TEST_F(AttackOn, ExhaustiveFindsWhatTryingEveryBitByItselfFinds) {
  std::size_t steps = 0;
  for (const auto* name : {"cnvW1A1", "cnvW2A2"}) {
    const auto parameters = test::random_parameters(topology(name), 5);
    const auto images = right_images(parameters);
    for (const auto& [space, layer] :
         {std::pair(Space::weights, 0), {Space::thresholds, 4}, {Space::weights, 8}}) {
      const auto bits = static_cast<int>(SiteMap(*parameters.net).bit_count(space, layer));
      AttackPlan plan{{space}, {layer}, 3, 3 * bits, 1, 2};
      const auto one_by_one = attack(parameters, images, plan, quiet());
      plan.exhaustive = true;
      const auto found = attack(parameters, images, plan, quiet());
      steps += found.sites.size();
      EXPECT_EQ(found.sites, one_by_one.sites) << name;
      EXPECT_EQ(found.margins, one_by_one.margins) << name;
    }
  }
  EXPECT_GT(steps, 6U) << "second bits have been found, too";
}

TEST_F(AttackOn, ExhaustiveTriesAllThereIsInEachStep) {
  AttackPlan plan{{Space::weights, Space::thresholds}, {}, 2, 1, 1, 1, true};
  const auto found = run(plan);
  plan.jobs = 2;
  EXPECT_EQ(run(plan).sites, found.sites);
  ASSERT_FALSE(found.sites.empty());
  EXPECT_LE(found.margins[0], run(plan_).margins.at(0));
  for (std::size_t i = 0; i < found.sites.size(); ++i) {
    const std::vector<Site> sites(found.sites.begin(),
                                  found.sites.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    EXPECT_EQ(found.margins[i], after(sites));
  }
  const SiteMap sites(net_);
  const auto bits = sites.bit_count(Space::weights) + sites.bit_count(Space::thresholds);
  EXPECT_EQ(found.evaluations, static_cast<std::int64_t>(2 * bits));
}

TEST_F(AttackOn, StaysWithinSpacesAndLayers) {
  const auto found = run({{Space::weights}, {2, 4}, 3, 300, 1, 1});
  ASSERT_FALSE(found.sites.empty());
  for (const auto& site : found.sites) {
    EXPECT_EQ(site.space, Space::weights);
    EXPECT_TRUE(site.layer == 2 || site.layer == 4) << site.layer;
  }
}

TEST_F(AttackOn, EndsWhereNothingIsLeftToLose) {
  // All labels wrong: nothing is correct, so no bit can do harm.
  std::vector<Image> images;
  for (int i = 0; i < kImages; ++i) {
    images.push_back(images_[i]);
    images.back().label = static_cast<std::uint8_t>((images.back().label + 1) % 10);
  }
  const auto found = attack(parameters_, ImageSet(images), plan_, quiet());
  EXPECT_TRUE(found.sites.empty());
  EXPECT_FALSE(found.interrupted);
}

TEST_F(AttackOn, RandomTrialsDependOnTheSeedAndTheWorstIsShown) {
  auto plan = plan_;
  const auto one = worst_random(parameters_, images_, plan, 50, quiet());
  plan.jobs = 3;
  const auto three = worst_random(parameters_, images_, plan, 50, quiet());
  ASSERT_EQ(one.trial.faults.size(), 4U);
  std::vector<Site> sites;
  for (std::size_t i = 0; i < one.trial.faults.size(); ++i) {
    sites.push_back(one.trial.faults[i].site);
    EXPECT_EQ(one.trial.faults[i].before_image, 0);
    EXPECT_EQ(one.trial.faults[i].site, three.trial.faults[i].site);
  }
  EXPECT_EQ(one.margins, after(sites));
  EXPECT_LT(one.margins, after({}));
  EXPECT_GT(one.margins, run(plan_).margins.back()) << "searching must beat chance";
}

TEST_F(AttackOn, RefusesWhatItCannotSearch) {
  const auto refuses = [&](const AttackPlan& plan, const std::string& why) {
    EXPECT_THAT([&] { run(plan); }, ThrowsMessage<InputError>(HasSubstr(why)));
  };
  refuses({{Space::window}, {}, 1, 100, 1, 1}, "an attack flips stored parameters, not window");
  refuses({{Space::weights}, {9}, 1, 100, 1, 1}, "layer 9 does not exist");
  refuses({{Space::thresholds}, {8}, 1, 100, 1, 1}, "there are no thresholds of layer 8");
  refuses({{Space::weights}, {}, 10, 100, 1, 1}, "100 evaluations are too few to find 10 bits");
}

}  // namespace
}  // namespace fluence
