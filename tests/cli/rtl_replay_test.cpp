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

// The same by firmware on the ARM host; as many cases as FLUENCE_ARM_CASES says (400 are all).
TEST_P(RtlReplay, FirmwareInjectsWhatTheBoardsSoftwareDid) {
  FLUENCE_NEEDS_DATA();
  const char* asked = std::getenv("FLUENCE_ARM_CASES");
  const std::string cases = asked != nullptr ? asked : "20";
  const test::TempDir dir;
  const auto data = test::data_dir();
  const std::string net = GetParam();
  const auto finished = test::fluence(
      "replay --engine rtl --host arm --select " + cases + " --network " + net + " --params " +
      (data / "params").string() + " --images " + (data / "cifar10/test_first1000.bin").string() +
      " --faults " + (data / "faults" / (net + ".jsonl")).string() + " --out " + dir.file("out.jsonl"));
  EXPECT_EQ(finished.code, 0) << finished.out << finished.err;
  EXPECT_THAT(finished.out, ::testing::HasSubstr(cases + " of " + cases + " give the listed scores"));
}

TEST_P(RtlReplay, ScoresWithoutFaultsAreTheGoldenOnes) {
  FLUENCE_NEEDS_DATA();
  constexpr std::size_t kImages = 200;
  const test::TempDir dir;
  const auto data = test::data_dir();
  const std::string net = GetParam();
  const auto finished = test::fluence("classify --engine rtl --count " + std::to_string(kImages) +
                                      " --network " + net + " --params " + (data / "params").string() +
                                      " --images " + (data / "cifar10/test_first1000.bin").string() +
                                      " --scores " + dir.file("scores.i16"));
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_EQ(test::read_text(dir.file("scores.i16")),
            test::read_text(data / "scores" / (net + ".i16")).substr(0, kImages * 64 * 2));
}

INSTANTIATE_TEST_SUITE_P(Networks, RtlReplay, ::testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace fluence
