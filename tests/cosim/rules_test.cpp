// The rules of the AXI ports hold in the whole accelerator, and notice what breaks them there.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/cosim/bench.hpp"
#include "tests/support/random_network.hpp"

namespace fluence::test {
namespace {

AccelBench make_bench(const Topology& net, bool rules) {
  if (rules) {
    setenv("FLUENCE_RTL_RULES", "1", 1);
  } else {
    unsetenv("FLUENCE_RTL_RULES");
  }
  return AccelBench(net);
}

struct PortRules : testing::TestWithParam<bool> {
  const Topology& net = topology("cnvW1A1");
  AccelBench bench = make_bench(net, GetParam());

  std::uint64_t control(const std::string& name) const {
    for (const auto& array : bench.sites().arrays()) {
      if (array.rtl_name == name) {
        return array.address;
      }
    }
    throw std::logic_error("no " + name);
  }
  // Reads a parameter word back while the writer's count of beats is overwritten, cycle for cycle.
  void read_back_with_wrong_count(bool upset) {
    const auto address = control("u_pipeline.u_mem_writer.beats_to_send_q");
    bench.write(FL_ACCEL_OUTPUT_LOW, AccelBench::kScoresAt);
    bench.write(FL_ACCEL_DO_INIT, FL_ACCEL_DO_INIT_READ);
    bench.write(FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START);
    auto& model = bench.model();
    for (int i = 0; i < 30 && model.busy(); ++i) {
      const std::uint64_t count = 3;
      if (upset) {
        model.flip_now(address, model.read_word(address)[0] ^ count);
      } else {
        model.write_word(address, std::span(&count, 1));
      }
      model.step(1);
    }
  }
};

struct Asserted : PortRules {};
INSTANTIATE_TEST_SUITE_P(Rules, Asserted, testing::Values(true));
struct Silent : PortRules {};
INSTANTIATE_TEST_SUITE_P(Rules, Silent, testing::Values(false));

TEST_P(Asserted, HoldInARunAndInParameterAccesses) {
  const auto parameters = random_parameters(net, 5);
  bench.load(parameters);
  const std::vector images = {random_image(1), random_image(2)};
  const auto first = bench.run(images);
  EXPECT_EQ(bench.run(images), first);
  bench.write(FL_ACCEL_OUTPUT_LOW, AccelBench::kScoresAt);
  bench.write(FL_ACCEL_DO_INIT, FL_ACCEL_DO_INIT_READ);
  bench.write(FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START);
  EXPECT_TRUE(bench.finish(1000));
  EXPECT_EQ(bench.memory().word(AccelBench::kScoresAt), parameters.weight(0, 0, 0));
}

TEST_P(Asserted, NoticeAWrongCountAndTheModelGoesOn) {
  EXPECT_THROW(read_back_with_wrong_count(false), std::logic_error);
  bench.model().reset();
  EXPECT_NO_THROW(bench.run(std::vector{random_image(1)}));
}

TEST_P(Asserted, RestAfterAnUpsetUntilReset) {
  EXPECT_NO_THROW(read_back_with_wrong_count(true));
  EXPECT_NO_THROW(read_back_with_wrong_count(false));
  bench.model().reset();
  EXPECT_THROW(read_back_with_wrong_count(false), std::logic_error);
}

TEST_P(Asserted, DoNotRestAfterAFlipOfAParameter) {
  bench.model().flip_now(bench.sites().address({Space::weights, 0}), 1);
  EXPECT_THROW(read_back_with_wrong_count(false), std::logic_error);
}

TEST_P(Silent, UnlessAskedFor) { EXPECT_NO_THROW(read_back_with_wrong_count(false)); }

}  // namespace
}  // namespace fluence::test
