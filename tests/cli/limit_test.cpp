#include <gmock/gmock.h>

#include "tests/cli/command.hpp"

namespace fluence::test {
namespace {

using testing::HasSubstr;

constexpr auto kLimitSpec = R"(name = "t"
seed = 1
count = 4
trials = 1
[[part]]
engine = "rtl"
networks = "cnvW2A2"
modes = "seu"
spaces = "weights"
faults = 1
)";

TEST(Limit, ATrialBeyondItIsRecordedToldAndRunAgainWhenAsked) {
  const TempDir dir;
  write_text(dir.file("spec.toml"), kLimitSpec + std::string("limit = 0.001\n"));
  const auto results = dir.file("r");
  const auto run = run_command(dir, "r") + " --jobs 1";
  const auto over = fluence(run);
  EXPECT_EQ(over.code, 1);
  EXPECT_THAT(over.err, HasSubstr("1/1 trials (1 failed)"));
  EXPECT_THAT(over.err, HasSubstr("fluence: t is complete, 1 trials in " + results +
                                  ", but 1 of them could not be evaluated: run the same command with "
                                  "--retry-failed, or see: fluence report " +
                                  results + "\n"));

  const auto report = fluence("report " + results + " --json " + dir.file("report.json"));
  EXPECT_EQ(report.code, 0) << report.err;
  EXPECT_THAT(report.out, HasSubstr("0 of 1 trials; accuracies"));
  EXPECT_THAT(report.out, HasSubstr("1 trials could not be evaluated and are in no other number\n"
                                    "fluence trial " +
                                    results + " --scenario 0 --trial 0 " + workspace().inputs() +
                                    ": it ran longer than its limit of 0.001 s\n"));
  EXPECT_THAT(read_text(dir.file("report.json")), HasSubstr("\"failed_trials\""));
  const auto gate = fluence("gate " + results + " --write-baseline " + dir.file("b.json"));
  EXPECT_EQ(gate.code, 2);
  EXPECT_THAT(gate.err, HasSubstr("has 1 trials of 'rtl cnvW2A2 seu weights"));
  EXPECT_EQ(gate.error_lines(), 1);
  const auto trial =
      fluence("trial " + results + " --scenario 0 --trial 0 --engine fast " + workspace().inputs());
  EXPECT_EQ(trial.code, 0) << trial.err;
  EXPECT_THAT(trial.out, HasSubstr("recorded as a trial that could not be evaluated: it ran longer"));

  write_text(dir.file("spec.toml"), kLimitSpec);
  EXPECT_EQ(fluence(run).code, 1) << "a resume leaves it alone";
  const auto again = fluence(run + " --retry-failed");
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(fluence("report " + results).out, HasSubstr("1 of 1 trials; accuracies"));
}

constexpr auto kLimitCase =
    R"({"id": 7, "images": 4, "faults": [{"before_image": 1, "target": "weight", "layer": 0, "module": 0, "index": 0, "thresh": 0, "bit": 0, "word_size": 1}]})";

TEST(Limit, AReplayedCaseBeyondItIsWrittenAndToldAsFailed) {
  const TempDir dir;
  write_text(dir.file("list.jsonl"), kLimitCase);
  const auto replay = "replay --network cnvW2A2 --engine rtl --faults " + dir.file("list.jsonl") + " " +
                      workspace().inputs() + " --out " + dir.file("out.jsonl");
  const auto over = fluence(replay + " --limit 0.001");
  EXPECT_EQ(over.code, 1) << over.err;
  EXPECT_THAT(over.out, HasSubstr("case 7 could not be run: it ran longer than its limit of 0.001 s\n"));
  EXPECT_EQ(read_text(dir.file("out.jsonl")),
            "{\"id\":7,\"failure\":\"it ran longer than its limit of 0.001 s\"}\n");
  const auto enough = fluence(replay + " --limit 500");
  EXPECT_EQ(enough.code, 0) << enough.out << enough.err;
  const auto none = fluence(replay + " --limit 0");
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("--limit: 0 is not possible: give a number from 0.001 to 1e+06"));
}

TEST(Limit, AVerifiedTrialBeyondItIsNoneThatDiffers) {
  const TempDir dir;
  std::string spec = kLimitSpec;  // on the RTL longer than the time between two looks at the limit
  spec.replace(spec.find("rtl"), 3, "fast").replace(spec.find("count = 4"), 9, "count = 12");
  write_text(dir.file("spec.toml"), spec);
  const auto results = dir.file("r");
  ASSERT_EQ(fluence(run_command(dir, "r")).code, 0);
  const auto verify = "verify " + results + " --sample 1 " + workspace().inputs();
  const auto over = fluence(verify + " --limit 0.001");
  EXPECT_EQ(over.code, 1) << over.err;
  EXPECT_THAT(over.out, HasSubstr("trial "));
  EXPECT_THAT(over.out, HasSubstr(" could not be compared: it ran longer than its limit of 0.001 s\n"));
  EXPECT_FALSE(std::filesystem::exists(results + "/verify.json"));
  EXPECT_EQ(fluence(verify + " --limit 500").code, 0);
}

}  // namespace
}  // namespace fluence::test
