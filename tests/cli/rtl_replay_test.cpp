// Fault cases of the board's software on the simulated accelerator: minutes.
#include <gmock/gmock.h>

#include "tests/cli/command.hpp"
#include "tests/support/data.hpp"

namespace fluence {
namespace {

class RtlReplay : public ::testing::TestWithParam<const char*> {};

TEST_P(RtlReplay, SampleOverAllLayersAndTargetsGivesTheListedScores) {
  FLUENCE_NEEDS_DATA();
  const test::TempDir dir;
  const auto data = test::data_dir();
  const std::string net = GetParam();
  const auto finished = test::fluence(
      "replay --engine rtl --select 40 --network " + net + " --params " + (data / "params").string() +
      " --images " + (data / "cifar10/test_first1000.bin").string() + " --faults " +
      (data / "faults" / (net + ".jsonl")).string() + " --out " + dir.file("out.jsonl"));
  EXPECT_EQ(finished.code, 0) << finished.out << finished.err;
  EXPECT_THAT(finished.out, ::testing::HasSubstr("40 of 40 give the listed scores"));
}

INSTANTIATE_TEST_SUITE_P(Networks, RtlReplay, ::testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace fluence
