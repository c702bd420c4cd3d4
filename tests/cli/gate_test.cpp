// The verdict as a CI sees it: exit code, table, file.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/cli/command.hpp"

namespace fluence::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Gate, PassesFailsAndRefuses) {
  const TempDir dir;
  const auto spec = [](int trials) {
    return "name = \"t\"\nseed = 1\ncount = 12\ntrials = " + std::to_string(trials) +
           "\n[[part]]\nnetworks = \"cnvW1A1\"\nmodes = \"mbu\"\nspaces = \"weights\"\nfaults = 20\n";
  };
  const auto run = [&](const std::string& out, int trials) {
    write_text(dir.file("spec.toml"), spec(trials));
    const auto ran = fluence(run_command(dir, out));
    EXPECT_EQ(ran.code, 0) << ran.err;
  };
  run("r", 30);
  run("single", 1);
  const auto gate = [&](const std::string& more) {
    return fluence("gate " + dir.file("r") + " " + more);
  };
  const auto file = dir.file("baseline.json");
  const auto wrote = gate("--write-baseline " + file);
  EXPECT_EQ(wrote.code, 0) << wrote.err;
  EXPECT_THAT(wrote.out, HasSubstr("baseline of 1 scenarios"));
  for (const auto& with : {file, dir.file("r")}) {
    const auto same = gate("--baseline " + with + " --junit " + dir.file("junit.xml"));
    EXPECT_EQ(same.code, 0) << same.err;
    EXPECT_THAT(same.out, HasSubstr("fast cnvW1A1 mbu weights layers all faults 20 time image semantics "
                                    "source images 12 "));
    EXPECT_THAT(same.out, AllOf(HasSubstr("0 of 1 scenarios regressed, 0 improved"),
                                HasSubstr("margin 1 points, 1 scenarios paired")));
    EXPECT_THAT(read_text(dir.file("junit.xml")), HasSubstr("tests=\"1\" failures=\"0\""));
  }

  // As if faults had been of use before: no image right without them, all with them.
  auto better = nlohmann::json::parse(read_text(file));
  better["scenarios"][0]["fault_free"] = 0;
  better["scenarios"][0]["correct"] = std::vector<int>(30, 12);
  write_text(dir.file("better.json"), better.dump());
  const auto regressed =
      gate("--baseline " + dir.file("better.json") + " --junit " + dir.file("junit.xml"));
  EXPECT_EQ(regressed.code, 1) << regressed.err;
  EXPECT_THAT(
      regressed.out,
      HasSubstr("resilience regressed\n1 of 1 scenarios regressed, 0 improved, on these images"));
  EXPECT_THAT(read_text(dir.file("junit.xml")), HasSubstr("<failure message=\"resilience regressed"));
  EXPECT_EQ(gate("--baseline " + dir.file("better.json") + " --margin 100").code, 0)
      << "a change of this size was said not to matter";

  const auto expect_refusal = [&](const test::Finished& finished, const std::string& what) {
    EXPECT_EQ(finished.code, 2);
    EXPECT_EQ(finished.error_lines(), 1) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr(what));
  };
  expect_refusal(gate(""), "nothing to compare");
  expect_refusal(gate("--baseline " + dir.file("none.json")), "none.json");
  expect_refusal(gate("--baseline " + dir.file("spec.toml")), "is no baseline");
  expect_refusal(gate("--baseline " + file + " --level 0"), "--level");
  expect_refusal(gate("--baseline " + file + " --write-baseline x"), "--write-baseline");
  expect_refusal(gate("--baseline " + file + " --junit /none/junit.xml"),
                 "cannot write /none/junit.xml");
  expect_refusal(fluence("gate " + dir.file("single") + " --baseline " + file),
                 "has 1 trial of 'fast cnvW1A1");
  expect_refusal(fluence("gate " + dir.file("none") + " --baseline " + file), "there are no results");
  const auto shard = fluence(run_command(dir, "s") + " --shard 1/2");
  ASSERT_EQ(shard.code, 0) << shard.err;
  expect_refusal(fluence("gate " + dir.file("s/shard-1-of-2") + " --baseline " + file), "is unfinished");
}

}  // namespace
}  // namespace fluence::test
