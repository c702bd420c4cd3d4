// Cycle counts: RTL against the cycle model and against the boards, within the written margins.
#include <gtest/gtest.h>

#include <cmath>

#include "rtl/cycle_model.hpp"
#include "tests/cosim/bench.hpp"
#include "tests/support/random_network.hpp"

namespace fluence::test {
namespace {

class Timing : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Networks, Timing, testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                         [](const auto& param) { return std::string(param.param); });

double deviation(double value, double truth) { return std::abs(value - truth) / truth; }

TEST_P(Timing, LatencyAndSteadyStateAreTheBoards) {
  const auto& net = topology(GetParam());
  AccelBench bench(net);
  bench.load(random_parameters(net, 1));
  const auto length = [&](std::size_t images) {
    bench.run(std::vector<Image>(images, random_image(3)));
    return static_cast<double>(bench.model().run_length());
  };
  const double one = length(1);
  const double steady = (length(6) - length(3)) / 3;

  const auto board = net.board.value();
  EXPECT_LT(deviation(steady, static_cast<double>(board.steady_state)), 0.005);
  EXPECT_LT(deviation(one, static_cast<double>(board.one_image)), net.name == "cnvW1A1"   ? 0.02
                                                                  : net.name == "cnvW1A2" ? 0.05
                                                                                          : 0.07);

  const auto predicted = predict_cycles(dataflow(net), 6);
  EXPECT_LT(deviation(one, static_cast<double>(predicted.first_image())), 0.002);
  EXPECT_LT(deviation(steady, predicted.steady_state()), 0.0001);
}

// No stall depends on a value.
TEST(TimingOfData, IsIndependentOfParametersAndPixels) {
  const auto& net = topology("cnvW1A1");
  AccelBench bench(net);
  std::uint64_t first = 0;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    bench.load(random_parameters(net, seed));
    bench.run(std::vector<Image>{random_image(seed), random_image(seed + 100)});
    first = seed == 0 ? bench.model().run_length() : first;
    EXPECT_EQ(bench.model().run_length(), first);
  }
}

}  // namespace
}  // namespace fluence::test
