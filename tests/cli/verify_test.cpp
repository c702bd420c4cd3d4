#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
