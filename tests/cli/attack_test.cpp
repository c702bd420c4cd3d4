#include <gmock/gmock.h>

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <thread>

#include "network/decision.hpp"
#include "tests/cli/command.hpp"

namespace fluence::test {
namespace {

using ::testing::HasSubstr;

constexpr auto kSmall = "attack --network cnvW1A1 --search-count 8 --evaluations 300 --jobs 2";

TEST(AttackCommand, FindsBitsThatReplayToWhatItSaysOnBothEngines) {
  const TempDir dir;
  const auto list = dir.file("list.jsonl");
  const auto found = fluence(std::string(kSmall) + " --count 12 --bits 3 --out " + list);
  ASSERT_EQ(found.code, 0) << found.err;
  EXPECT_THAT(found.out,
              HasSubstr("cnvW1A1: search on the first 8 of 12 images, 300 evaluations, seed 1"));
  EXPECT_THAT(found.out, HasSubstr("worst of 300 random trials of 3 bits: "));
  std::smatch last;
  ASSERT_TRUE(std::regex_search(found.out, last, std::regex("\n +3 .* ([0-9.]+) +([0-9.]+)\n")))
      << found.out;
  for (const auto* engine : {"fast", "rtl"}) {
    const auto replayed =
        fluence("replay --network cnvW1A1 --semantics physical --engine " + std::string(engine) +
                " --faults " + list + " --out " + dir.file("scores.jsonl"));
    EXPECT_EQ(replayed.code, 0) << replayed.err;
    EXPECT_THAT(replayed.out, HasSubstr("1 of 1 give the listed scores (12 images)")) << engine;
  }
  // The accuracy of the scores, for which the labels of the embedded images stand in the file below.
  ASSERT_EQ(fluence("images --count 12 --out " + dir.file("images.bin")).code, 0);
  const auto images = ImageSet::load(dir.file("images.bin"));
  const auto scores = nlohmann::json::parse(test::read_text(dir.file("scores.jsonl"))).at("scores");
  int correct = 0;
  for (int i = 0; i < 12; ++i) {
    const auto row = scores.at(static_cast<std::size_t>(i)).get<std::vector<std::int16_t>>();
    correct += classify(row, 10) == images[i].label ? 1 : 0;
  }
  EXPECT_NEAR(std::stod(last[1]), 100.0 * correct / 12, 0.006);
}

TEST(AttackCommand, TriesEveryBitInEachStep) {
  const auto found = fluence(
      "attack --network cnvW1A1 --exhaustive --spaces thresholds --layers 3 --bits 2 --count 8 "
      "--search-count 4 --evaluations 50 --jobs 2");
  ASSERT_EQ(found.code, 0) << found.err;
  EXPECT_THAT(found.out, HasSubstr("cnvW1A1: search on the first 4 of 8 images, 4096 evaluations, in "
                                   "each step every bit; per cent correct\n"));
  EXPECT_THAT(found.out, HasSubstr("worst of 50 random trials of 2 bits: "));
  const auto refused = fluence("attack --network cnvW1A1-TMR --exhaustive --bits 1");
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(
      refused.err,
      HasSubstr("stores parameters by codecs, of which several upsets may meet in one code word"));
}

TEST(AttackCommand, ComparesWithTheWorstTrialOfACampaign) {
  const TempDir dir;
  write_text(dir.file("spec.toml"),
             "name = \"t\"\nseed = 1\ncount = 12\ntrials = 6\n[[part]]\nnetworks = \"cnvW1A1\"\nmodes = "
             "[\"seu\", \"mbu\"]\nspaces = [\"weights\", \"thresholds\"]\nfaults = [2, 3]\n");
  const auto results = dir.file("r");
  ASSERT_EQ(fluence("run " + dir.file("spec.toml") + " --out " + results).code, 0);
  const auto found = fluence(std::string(kSmall) + " --count 12 --bits 3 --against " + results);
  EXPECT_EQ(found.code, 0) << found.err;
  EXPECT_THAT(found.out, HasSubstr("worst of 12 random trials in " + results + ": "));
  EXPECT_EQ(found.out.find("random trials of 3 bits"), std::string::npos);

  const auto none = fluence(std::string(kSmall) + " --count 12 --bits 4 --against " + results);
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("holds no trial of 4 single-bit upsets in cnvW1A1"));
  const auto other = fluence(std::string(kSmall) + " --count 11 --bits 3 --against " + results);
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("was run with other inputs (its images differ)"));
}

TEST(AttackCommand, CtrlCLeavesWhatWasFoundSoFar) {
  const TempDir dir;
  const auto list = dir.file("list.jsonl");
  const auto command = "exec '" FLUENCE_BINARY "' attack --network cnvW1A1 --count 20 --bits 1000 " +
                       std::string("--evaluations 1000000 --jobs 2 --out ") + list + " >" +
                       dir.file("out") + " 2>" + dir.file("err");
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  while (!std::filesystem::exists(list) && ::waitpid(child, nullptr, WNOHANG) == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // into the next step
  ::kill(child, SIGINT);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_THAT(test::read_text(dir.file("err")), HasSubstr("interrupted, this is what was found so far"));
  EXPECT_THAT(test::read_text(dir.file("out")), HasSubstr("   1 "));
  const auto replayed = fluence("replay --network cnvW1A1 --semantics physical --faults " + list +
                                " --out " + dir.file("scores.jsonl"));
  EXPECT_THAT(replayed.out, HasSubstr("1 of 1 give the listed scores (20 images)")) << replayed.err;
}

TEST(AttackCommand, BadInputIsOneSentence) {
  const std::string attack = "attack --network cnvW1A1 --count 12 ";
  for (const auto& [arguments, why] : std::vector<std::pair<std::string, std::string>>{
           {"--spaces window", "an attack flips stored parameters, not window"},
           {"--spaces nowhere", "nowhere"},
           {"--layers 9", "layer 9 does not exist in cnvW1A1"},
           {"--layers 8 --spaces thresholds", "there are no thresholds of layer 8"},
           {"--evaluations 100", "100 evaluations are too few to find 10 bits"},
           {"--bits 0", "--bits"},
           {"--search-count 13", "13"},
           {"--out /nonexistent/list.jsonl", "/nonexistent/list.jsonl"},
           {"--against /nonexistent", "/nonexistent"}}) {
    const auto finished = fluence(attack + arguments);
    EXPECT_EQ(finished.code, 2) << arguments;
    EXPECT_THAT(finished.err, HasSubstr(why));
    EXPECT_EQ(finished.error_lines(), 1) << finished.err;
  }
}

}  // namespace
}  // namespace fluence::test
