// An option that could change nothing beside the others is refused, not ignored.
#include <gmock/gmock.h>

#include "tests/cli/command.hpp"

namespace fluence::test {
namespace {

using ::testing::HasSubstr;

void expect_in_vain(const std::string& arguments, const std::string& what) {
  const auto finished = fluence(arguments);
  EXPECT_EQ(finished.code, 2) << arguments << "\n" << finished.err;
  EXPECT_EQ(finished.error_lines(), 1) << finished.err;
  EXPECT_EQ(finished.out, "") << arguments;
  EXPECT_THAT(finished.err, HasSubstr(what)) << arguments;
}

TEST(VainOptions, OfAGateThatComparesNothing) {
  const TempDir dir;
  write_text(dir.file("spec.toml"), small_spec(5));  // the gate asks for so many
  ASSERT_EQ(fluence(run_command(dir, "r")).code, 0);
  const auto write = "gate " + dir.file("r") + " --write-baseline " + dir.file("b.json");
  expect_in_vain(write + " --junit " + dir.file("j.xml"), "--write-baseline excludes --junit");
  expect_in_vain(write + " --margin 1", "--write-baseline excludes --margin");
  expect_in_vain(write + " --level 0.1", "--write-baseline excludes --level");
  EXPECT_EQ(dir.entries(), 2);
  EXPECT_EQ(fluence(write).code, 0);
}

// Each is of one way to name the fault, or of the waves.
TEST(VainOptions, OfATrace) {
  const TempDir dir;
  write_text(dir.file("spec.toml"), std::string(kSmallSpec) + "time = \"cycle\"\n");
  ASSERT_EQ(fluence(run_command(dir, "r")).code, 0);
  const auto list = dir.file("list.jsonl");
  ASSERT_EQ(fluence("trial " + dir.file("r") + " --scenario 0 --trial 0 --out " + list + " " +
                    workspace().inputs())
                .code,
            0);
  const auto inputs = " --count 1 " + workspace().inputs();
  const auto of_campaign = "trace " + dir.file("r") + " --scenario 0 --trial 0" + inputs;
  const auto of_list = "trace --network cnvW1A1 --faults " + list + inputs;
  const auto of_site = "trace --network cnvW1A1 --space vector --layer 2 --cycle 5" + inputs;
  for (const std::string option : {"--layer", "--module", "--index", "--thresh", "--bit", "--word-size",
                                   "--cycle", "--before-image"}) {
    expect_in_vain(of_campaign + " " + option + " 1", option + " requires --space");
    expect_in_vain(of_list + " " + option + " 1", option + " requires --space");
  }
  expect_in_vain(of_campaign + " --id 0", "--id requires --faults");
  expect_in_vain(of_site + " --id 0", "--id requires --faults");
  for (const std::string option : {"--scenario", "--trial"}) {
    expect_in_vain(of_list + " " + option + " 0", option + " requires folder");
    expect_in_vain(of_site + " " + option + " 0", option + " requires folder");
  }
  expect_in_vain(of_campaign + " --semantics physical", "folder excludes --semantics");
  expect_in_vain(of_site + " --before 10", "--before requires --waves");
  expect_in_vain(of_site + " --after 10", "--after requires --waves");
}

}  // namespace
}  // namespace fluence::test
