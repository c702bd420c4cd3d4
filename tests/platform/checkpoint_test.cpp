// A trial that starts at a checkpoint gives what a run from cycle 0 gives.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fault/draw.hpp"
#include "network/error.hpp"
#include "platform/rtl_engine.hpp"
#include "tests/platform/trials.hpp"

namespace fluence {
namespace {

using namespace test;

// Without control and with it alone, since most upsets of control end in a hang.
const std::vector<std::vector<Space>> kMixtures = {
    {Space::weights, Space::thresholds},
    {Space::window, Space::vector, Space::accumulator, Space::pool, Space::fifo, Space::stream},
    {Space::control}};

class Checkpoints : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Networks, Checkpoints, testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(Checkpoints, ATrialFromACheckpointIsThatFromCycleZero) {
  const auto& net = topology(GetParam());
  const SiteMap sites(net);
  RtlEngine engine(random_parameters(net, 1), random_images());
  const int trials = net.name == "cnvW1A1" ? 8 : 2;
  int changed = 0;
  const auto clean = engine.run({0, kTrialImages, {}}, Semantics::physical);
  for (std::size_t m = 0; m < kMixtures.size(); ++m) {
    for (int t = 0; t < trials; ++t) {
      const Drawer drawer(sites,
                          recipe_by_cycle(net, kMixtures[m], m == 2 ? 1 : 30, t % 2 == 0 ? 1 : 8));
      const auto trial = drawer.draw(7, m, static_cast<std::uint64_t>(t));
      engine.use_checkpoints(true);
      const auto result = engine.run(trial, Semantics::physical);
      engine.use_checkpoints(false);
      const auto expected = engine.run(trial, Semantics::physical);
      expect_same(result, expected, text_of(trial));
      EXPECT_EQ(result.cycles, expected.cycles) << text_of(trial);
      changed += expected.scores != clean.scores ? 1 : 0;
    }
  }
  EXPECT_GE(changed, trials);
}

TEST(Snapshot, OfAnotherNetworkDoesNotFit) {
  const auto& net = topology("cnvW1A1");
  RtlSnapshot other;
  other.network = "cnvW2A2";
  class NoMemory final : public AxiMemory {
    Reply read(std::uint64_t, std::span<std::uint64_t>) override { return {}; }
    Reply write(std::uint64_t, std::span<const std::uint64_t>) override { return {}; }
  } memory;
  const auto model = RtlModel::create(net, memory);
  try {
    model->restore(other);
    FAIL() << "restored";
  } catch (const InputError& e) {
    EXPECT_STREQ(e.what(),
                 "a snapshot of the RTL of cnvW2A2 does not fit cnvW1A1: take it again on this network");
  }
}

}  // namespace
}  // namespace fluence
