#include "analysis/planner.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace fluence {
namespace {

// Cochran's examples: 385 of very many for 5 %, 278 of 1,000; Leveugle et al. use 95 % and 99 %.
TEST(SampleSize, IsThatOfTheFinitePopulation) {
  EXPECT_EQ(sample_size(1e15, {0.05, 0.95, 0.5}), 385U);
  EXPECT_EQ(sample_size(1000, {0.05, 0.95, 0.5}), 278U);
  EXPECT_EQ(sample_size(1e15, {0.01, 0.99, 0.5}), 16588U);
  EXPECT_EQ(sample_size(1e15, {0.01, 0.95, 0.5}), 9604U);
  EXPECT_EQ(sample_size(1e15, {0.01, 0.95, 0.1}), 3458U);
  EXPECT_EQ(sample_size(7, {0.001, 0.99, 0.5}), 7U) << "never more than there are";
}

TEST(Strata, AreEverySpaceAndLayerWithBits) {
  const SiteMap sites(topology("cnvW1A1"));
  const auto strata = plan_strata(sites, {Space::weights, Space::thresholds}, 1000, {});
  ASSERT_EQ(strata.size(), 9U + 8) << "layer 8 has no thresholds";
  EXPECT_EQ(strata[0].bits, sites.bit_count(Space::weights, 0));
  EXPECT_EQ(strata[0].population, static_cast<double>(strata[0].bits) * 1000);
  EXPECT_TRUE(std::ranges::none_of(
      strata, [](const auto& s) { return s.space == Space::thresholds && s.layer == 8; }));
}

}  // namespace
}  // namespace fluence
