// A trial with upsets of control on the fast engine gives what a full run of the RTL gives.
#include <gtest/gtest.h>

#include <iterator>
#include <memory>
#include <string>

#include "fault/draw.hpp"
#include "fault/fast_engine.hpp"
#include "platform/rtl_engine.hpp"
#include "tests/platform/trials.hpp"

namespace fluence {
namespace {

using namespace test;

class HandOver : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Networks, HandOver, testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(HandOver, GivesTheResultOfAFullRun) {
  const auto& net = topology(GetParam());
  const SiteMap sites(net);
  const auto parameters = random_parameters(net, 2);
  const auto rtl = std::make_shared<RtlEngine>(parameters, random_images());
  rtl->use_checkpoints(false);
  FastEngine fast(
      parameters, random_images(), FastEngine::kDefaultCacheBytes,
      [&net] { return test::schedule_of(net); }, [&rtl] { return rtl; });
  const int trials = net.name == "cnvW1A1" ? 16 : 3;
  int hangs = 0;
  for (int t = 0; t < trials; ++t) {
    const Drawer data(sites, recipe_by_cycle(net, {kSpaces.begin(), std::prev(kSpaces.end())}, 20, 1));
    const Drawer control(sites, recipe_by_cycle(net, {Space::control}, 1 + t % 2, 1));
    auto trial = control.draw(11, 0, static_cast<std::uint64_t>(t));
    if (t % 4 < 3) {
      const auto more = data.draw(11, 1, static_cast<std::uint64_t>(t)).faults;
      trial.faults.insert(trial.faults.end(), more.begin(), more.end());
    }
    const auto expected = rtl->run(trial, Semantics::physical);
    const auto result = fast.run(trial, Semantics::physical);
    expect_same(result, expected, text_of(trial));
    ASSERT_EQ(result.fates.size(), trial.faults.size());
    EXPECT_EQ(result.fates.front(), Fate::unknown);
    hangs += expected.hang.empty() ? 0 : 1;
  }
  EXPECT_LT(hangs, trials);
}

}  // namespace
}  // namespace fluence
