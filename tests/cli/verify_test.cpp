#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/cli/command.hpp"
#include "tests/support/published.hpp"
#include "tests/support/results.hpp"

namespace fluence::test {
namespace {

using testing::HasSubstr;

constexpr auto kVerifySpec = R"(name = "t"
seed = 1
count = 2
trials = 2
[[part]]
networks = "cnvW1A1"
modes = "seu"
spaces = ["weights", ["weights", "control"]]
faults = 5
time = "cycle"
)";

TEST(Verify, FindsTheTrialThatDiffersAndRefusesOtherInputs) {
  const TempDir dir;
  write_text(dir.file("spec.toml"), kVerifySpec);
  const auto results = dir.file("results");
  const auto run =
      fluence("run " + dir.file("spec.toml") + " --out " + results + " " + workspace().inputs());
  ASSERT_EQ(run.code, 0) << run.err;
  const auto verify = "verify " + results + " --sample 4 " + workspace().inputs();

  const auto equal = fluence(verify);
  EXPECT_EQ(equal.code, 0) << equal.err;
  EXPECT_THAT(equal.out,
              HasSubstr("       0       2         4        10       2  cnvW1A1 seu weights layers"));
  EXPECT_THAT(equal.out, HasSubstr("  cnvW1A1 seu weights+control"));

  const auto kept = nlohmann::json::parse(read_text(results + "/verify.json"));
  EXPECT_EQ(kept["trials"], 4);
  EXPECT_EQ(kept["images"], 8);
  EXPECT_EQ(kept["scores"], 8 * kScores);
  EXPECT_EQ(kept["upsets"], 20);
  EXPECT_EQ(kept["mismatches"], 0);
  EXPECT_THAT(fluence("report " + results).out,
              HasSubstr("the engines: 4 trials compared with RTL " + kept["rtl"].get<std::string>()));

  rewrite_results(
      results, "UPDATE trial SET scores_digest = '0123456789abcdef' WHERE scenario = 1 AND trial = 0");
  const auto differs = fluence(verify);
  EXPECT_EQ(differs.code, 1) << differs.err;
  EXPECT_THAT(differs.out, HasSubstr("trial 0 of scenario 1 gives other scores than the stored ones\n"));
  EXPECT_THAT(fluence("report " + results).out,
              HasSubstr("1 trials differ\ntrial 0 of scenario 1 gives other scores"));

  rewrite_results(
      results, "UPDATE upset SET fate = 'overwritten' WHERE scenario = 0 AND trial = 1 AND number = 3");
  const auto fate = fluence(verify);
  EXPECT_EQ(fate.code, 1) << fate.err;
  EXPECT_THAT(fate.out, HasSubstr("trial 1 of scenario 0 gives other fates than the stored ones\n"));

  const auto embedded = fluence("verify " + results + " --sample 4");
  EXPECT_EQ(embedded.code, 2);
  EXPECT_THAT(embedded.err, HasSubstr("rest on another 'images'"));
  EXPECT_EQ(embedded.error_lines(), 1) << embedded.err;
  const auto beyond = fluence("verify " + results + " --sample 5 " + workspace().inputs());
  EXPECT_EQ(beyond.code, 2);
  EXPECT_EQ(beyond.err, "fluence: --sample 5 is more than the 4 trials of the fast engine that " +
                            results + " holds: ask for 4 or fewer\n");
  const auto nothing = fluence("verify " + dir.file("nothing") + " --sample 4");
  EXPECT_EQ(nothing.code, 2);
  EXPECT_THAT(nothing.err, HasSubstr("there are no results in"));
}

TEST(Verify, KilledGoesOnWithWhatIsLeft) {
  const TempDir dir;
  write_text(
      dir.file("spec.toml"),
      std::string(kVerifySpec).replace(std::string(kVerifySpec).find("trials = 2"), 10, "trials = 20"));
  const auto results = dir.file("results");
  ASSERT_EQ(
      fluence("run " + dir.file("spec.toml") + " --out " + results + " " + workspace().inputs()).code,
      0);
  const auto journal = results + "/verify.unfinished";
  const auto compared = [&] { return std::ranges::count(read_text(journal), '\n') - 1; };
  const auto verify = "verify " + results + " --sample 40 " + workspace().inputs();
  ASSERT_TRUE(WIFSIGNALED(
      stopped(verify + " --jobs 2 >/dev/null 2>&1", SIGKILL, [&] { return compared() >= 4; })));
  const auto kept = compared();
  ASSERT_GE(kept, 4);
  ASSERT_LT(kept, 40);
  EXPECT_FALSE(std::filesystem::exists(results + "/verify.json"));

  // What is taken up is not made again: this finding is nobody's but the file's.
  auto text = read_text(journal);
  text.insert(text.find('\n', text.find('\n') + 1), "was kept");
  write_text(journal, text + "39 0 and this was being wr");
  const auto rest = fluence(verify);
  EXPECT_EQ(rest.code, 1) << rest.err;
  EXPECT_THAT(rest.err, HasSubstr(std::to_string(kept) + " of 40 trials were compared before\n"));
  const auto agreement = nlohmann::json::parse(read_text(results + "/verify.json"));
  EXPECT_EQ(agreement["trials"], 40);
  EXPECT_EQ(agreement["mismatches"], 1);
  EXPECT_THAT(agreement["differences"][0].get<std::string>(), HasSubstr("was kept"));
  EXPECT_FALSE(std::filesystem::exists(journal));

  const auto whole = fluence(verify);
  EXPECT_EQ(whole.code, 0) << whole.err;
  EXPECT_EQ(nlohmann::json::parse(read_text(results + "/verify.json"))["upsets"], agreement["upsets"]);
}

TEST(Verify, TakesAShard) {
  const TempDir dir;
  write_text(dir.file("spec.toml"), kVerifySpec);
  const auto run = fluence("run " + dir.file("spec.toml") + " --shard 1/2 --out " + dir.file("results") +
                           " " + workspace().inputs());
  ASSERT_EQ(run.code, 0) << run.err;
  const auto equal =
      fluence("verify " + dir.file("results/shard-1-of-2") + " --sample 2 " + workspace().inputs());
  EXPECT_EQ(equal.code, 0) << equal.err;
  EXPECT_THAT(equal.out, HasSubstr("       0       1         2         5       1  cnvW1A1 seu weights"));
  EXPECT_THAT(equal.out, HasSubstr("       1       1         2"));
}

}  // namespace
}  // namespace fluence::test
