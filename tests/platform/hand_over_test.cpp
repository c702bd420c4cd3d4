// A trial with upsets of control on the fast engine gives what a full run of the RTL gives.
#include <gtest/gtest.h>

#include <iterator>
#include <string>

#include "fault/draw.hpp"
#include "tests/platform/both_engines.hpp"

namespace fluence::test {
namespace {

class UpsetsInControl : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Networks, UpsetsInControl, testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(UpsetsInControl, AloneAndBesideAllOtherSpaces) {
  const auto& net = topology(GetParam());
  const SiteMap sites(net);
  BothEngines engines(random_parameters(net, 2), random_images());
  engines.rtl().use_checkpoints(false);
  const int trials = (net.name == "cnvW1A1" ? 16 : 4) * rounds();
  const Drawer data(sites, plan_by_cycle(net, {kSpaces.begin(), std::prev(kSpaces.end())}, 20, 1));
  for (int t = 0; t < trials; ++t) {
    const Drawer control(sites, plan_by_cycle(net, {Space::control}, 1 + t % 2, 1));
    auto trial = control.draw(11, 0, static_cast<std::uint64_t>(t));
    if (t % 4 < 3) {
      const auto more = data.draw(11, 1, static_cast<std::uint64_t>(t)).faults;
      trial.faults.insert(trial.faults.end(), more.begin(), more.end());
    }
    engines.expect_same(trial);
  }
  EXPECT_LT(engines.hangs(), trials);
  EXPECT_GT(engines.fates(Space::control, Fate::unknown), trials);
  EXPECT_GT(engines.compared(), 0);
}

}  // namespace
}  // namespace fluence::test
