// Whatever is wrong with what a user gives: code 2, one sentence, nothing written.
#include <gmock/gmock.h>

#include "tests/cli/command.hpp"
#include "tests/support/results.hpp"

namespace fluence::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto kGoodCase =
    R"({"id": 1, "images": 3, "faults": [{"before_image": 1, "target": "weight", "layer": 0, "module": 0, "index": 0, "thresh": 0, "bit": 0, "word_size": 1}]})";

void expect_refusal(const test::Finished& finished, const std::string& what) {
  EXPECT_EQ(finished.code, 2) << finished.err;
  EXPECT_EQ(finished.error_lines(), 1) << finished.err;
  EXPECT_EQ(finished.out, "");
  EXPECT_THAT(finished.err, StartsWith("fluence: "));
  EXPECT_THAT(finished.err, HasSubstr(what));
}

// Replays `list` with changed inputs; the results must not appear, nor anything else.
void expect_replay_refusal(const std::string& list, const std::string& inputs, const std::string& what) {
  const TempDir dir;
  write_text(dir.file("list.jsonl"), list);
  expect_refusal(fluence("replay --faults " + dir.file("list.jsonl") + " " + inputs + " --out " +
                         dir.file("out.jsonl")),
                 what);
  EXPECT_EQ(dir.entries(), 1);
}

std::string replay_inputs(const std::string& network = "cnvW1A1") {
  return "--network " + network + " " + workspace().inputs();
}

void expect_run_refusal(const std::string& spec, const std::string& inputs, const std::string& what) {
  const TempDir dir;
  write_text(dir.file("spec.toml"), spec);
  expect_refusal(
      fluence("run " + dir.file("spec.toml") + " " + inputs + " --out " + dir.file("results")), what);
  EXPECT_EQ(dir.entries(), 1);
}

std::string changed(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

// A copy of the parameters with one file changed.
class DamagedParameters {
 public:
  DamagedParameters() {
    std::filesystem::copy(workspace().path() / "params/cnvW1A1", dir_.path() / "params",
                          std::filesystem::copy_options::recursive);
  }
  [[nodiscard]] std::filesystem::path file(const char* name) const {
    return dir_.path() / "params" / name;
  }
  [[nodiscard]] std::string inputs() const {
    return "--network cnvW1A1 --params " + dir_.file("params") + " --images " +
           workspace().file("images.bin");
  }

 private:
  TempDir dir_;
};

TEST(BadInput, TheGoodOneIsGood) {
  const TempDir dir;
  write_text(dir.file("list.jsonl"), kGoodCase);
  const auto replayed = fluence("replay --faults " + dir.file("list.jsonl") + " " + replay_inputs() +
                                " --out " + dir.file("out.jsonl"));
  EXPECT_EQ(replayed.code, 0) << replayed.err;
  write_text(dir.file("spec.toml"), kSmallSpec);
  const auto ran = fluence(run_command(dir, "results"));
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(dir.entries(), 4);
}

TEST(BadInput, CommandLine) {
  expect_refusal(fluence(""), "subcommand is required");
  expect_refusal(fluence("fly"), "fly");
  expect_refusal(fluence("sites"), "--network is required");
  expect_refusal(fluence("sites --network cnvW3A3"), "cnvW3A3");
  expect_refusal(fluence("sites --network cnvW1A1 --csw"), "--csw");
  expect_refusal(fluence("run"), "spec is required");
  expect_replay_refusal(kGoodCase, replay_inputs() + " --jobs 0", "--jobs");
  expect_replay_refusal(kGoodCase, replay_inputs() + " --jobs many", "--jobs");
  expect_replay_refusal(kGoodCase, replay_inputs() + " --engine slow", "unknown engine 'slow'");
  expect_replay_refusal(kGoodCase, replay_inputs() + " --semantics odd", "unknown semantics 'odd'");
  expect_replay_refusal(kGoodCase, replay_inputs() + " --select 2", "--select asks for 2 cases");
}

TEST(BadInput, SeedsAndEmptyTexts) {
  const TempDir dir;
  const auto images = "images --count 1 --out " + dir.file("i.bin");
  for (const std::string seed : {"-3", "1.5", "9223372036854775808", "99999999999999999999999"}) {
    expect_refusal(fluence(images + " --seed " + seed),
                   "--seed: " + seed + " is not possible: give a whole number from 0 to");
  }
  expect_refusal(fluence("images --out ''"), "--out: the text is empty");
  expect_refusal(fluence("classify --network cnvW1A1 --params ''"), "--params: the text is empty");
  EXPECT_EQ(dir.entries(), 0);
}

TEST(BadInput, OutputsAreTriedBeforeTheWork) {
  const TempDir dir;
  write_text(dir.file("list.jsonl"), kGoodCase);
  const auto replay = "replay --faults " + dir.file("list.jsonl") + " " + replay_inputs() + " --out ";
  expect_refusal(fluence(replay + dir.file("list.jsonl")), "is what --faults is read from");
  expect_refusal(fluence(replay + dir.file("none/out.jsonl")), "cannot write");
  expect_refusal(fluence("classify --network cnvW1A1 --scores " + dir.file("none/out.i16")),
                 "cannot write");
  expect_refusal(
      fluence("images --count 1 --out " + dir.file("i.bin") + " --sheet " + dir.file("none/sheet.png")),
      "cannot write");
  EXPECT_EQ(dir.entries(), 1);
  EXPECT_EQ(test::read_text(dir.file("list.jsonl")), kGoodCase);
}

TEST(BadInput, ParameterFiles) {
  const DamagedParameters cut;
  std::filesystem::resize_file(cut.file("3-2-weights.bin"), 100);
  expect_replay_refusal(kGoodCase, cut.inputs(), "3-2-weights.bin");
  const DamagedParameters missing;
  std::filesystem::remove(missing.file("4-1-thres.bin"));
  expect_replay_refusal(kGoodCase, missing.inputs(), "4-1-thres.bin");
  expect_replay_refusal(kGoodCase,
                        "--network cnvW1A1 --params " + workspace().file("params/cnvW2A2") +
                            " --images " + workspace().file("images.bin"),
                        "cnvW1A1");
  expect_replay_refusal(
      kGoodCase, "--network cnvW1A1 --params /nonexistent --images " + workspace().file("images.bin"),
      "/nonexistent");
}

TEST(BadInput, ImageFiles) {
  const TempDir dir;
  const auto params = "--network cnvW1A1 --params " + workspace().file("params");
  write_text(dir.file("cut.bin"), test::read_text(workspace().file("images.bin")).substr(0, 5000));
  expect_replay_refusal(kGoodCase, params + " --images " + dir.file("cut.bin"), "cut.bin");
  expect_replay_refusal(kGoodCase, params + " --images /nonexistent.bin", "/nonexistent.bin");
  expect_replay_refusal(kGoodCase, params, "--params is given without --images");
  expect_replay_refusal(kGoodCase, "--network cnvW1A1 --images " + workspace().file("images.bin"),
                        "--images is given without --params");
  expect_replay_refusal(changed(kGoodCase, "\"images\": 3", "\"images\": 13"), replay_inputs(),
                        "asks for 13 images");
  expect_refusal(fluence("classify " + replay_inputs() + " --count 13"), "asks for 13 images");
}

TEST(BadInput, FaultLists) {
  expect_replay_refusal("{\"id\": 1", replay_inputs(), "list.jsonl:1: the line is no JSON");
  expect_replay_refusal(changed(kGoodCase, "\"module\"", "\"modul\""), replay_inputs(),
                        "unknown key 'modul'");
  expect_replay_refusal(changed(kGoodCase, "\"index\": 0", "\"index\": 36"), replay_inputs(),
                        "index 36 does not exist in weights of layer 0 of cnvW1A1: use 0 to 35");
  expect_replay_refusal(changed(kGoodCase, "\"id\"", "\"i\\nd\""), replay_inputs(),
                        "unknown key 'i\\x0ad'");
  expect_replay_refusal("", replay_inputs(), "holds no case");
  expect_replay_refusal(changed(kGoodCase, "\"weight\"", "\"pool\""), replay_inputs(), "does not exist");
  expect_replay_refusal(changed(kGoodCase, "\"weight\"", "\"window\""), replay_inputs(),
                        "--semantics physical");
  expect_replay_refusal(changed(kGoodCase, "\"before_image\": 1", "\"cycle\": 10000000"),
                        replay_inputs(), "cycle 10000000, and its run of 3 images takes");
  expect_refusal(fluence("replay --faults /nonexistent.jsonl --out /tmp/x " + replay_inputs()),
                 "/nonexistent.jsonl");
}

// Only what is timed by cycle needs a schedule.
TEST(BadInput, Schedules) {
  const TempDir dir;
  const auto in_force = "FLUENCE_SCHEDULES=" + dir.file("schedules");
  const auto file = dir.path() / "schedules/cnvW1A1.json";
  const auto good = test::read_text(FLUENCE_SOURCE_DIR "/schedules/cnvW1A1.json");
  const auto entries = [&] { return dir.entries(); };
  write_text(dir.file("list.jsonl"), changed(kGoodCase, "\"before_image\"", "\"cycle\""));
  write_text(dir.file("spec.toml"), std::string(kSmallSpec) + "time = \"cycle\"\n");
  write_text(dir.file("by_image.toml"), kSmallSpec);
  std::filesystem::create_directory(dir.file("schedules"));
  const auto before = entries();
  const auto expect_refusals = [&](const std::string& what) {
    for (const auto& command :
         {run_command(dir, "results"), "replay --faults " + dir.file("list.jsonl") + " " +
                                           replay_inputs() + " --out " + dir.file("out.jsonl")}) {
      const auto finished = fluence(command, in_force);
      expect_refusal(finished, what);
      EXPECT_THAT(finished.err, HasSubstr("schedules/cnvW1A1.json"));
      EXPECT_THAT(finished.err, HasSubstr("run 'fluence calibrate'"));
      EXPECT_EQ(entries(), before);
    }
  };
  expect_refusals("cannot read the schedule");
  std::filesystem::create_directory(file);
  expect_refusals("(Is a directory)");
  std::filesystem::remove(file);
  write_text(file, good.substr(0, good.size() / 2));
  expect_refusals("damaged or cut short");
  write_text(file, test::read_text(FLUENCE_SOURCE_DIR "/schedules/cnvW1A2.json"));
  expect_refusals("of the network \"cnvW1A2\"");
  write_text(file, changed(good, "\"rtl\": \"", "\"rtl\": \"x"));
  expect_refusals("was recorded on another RTL");
  EXPECT_EQ(fluence("run " + dir.file("by_image.toml") + " " + workspace().inputs() + " --out " +
                        dir.file("results"),
                    in_force)
                .code,
            0);
}

TEST(BadInput, Campaigns) {
  expect_refusal(fluence("run /"), "cannot read the campaign / (Is a directory)");
  expect_run_refusal(changed(kSmallSpec, "count = 3", "count = 45000") + "engine = \"rtl\"\n",
                     workspace().inputs(), "use 43690 or fewer");
  expect_run_refusal("name = ", workspace().inputs(), "spec.toml:1: this is no TOML");
  expect_run_refusal(changed(kSmallSpec, "trials", "trails"), workspace().inputs(), "'trails'");
  expect_run_refusal(changed(kSmallSpec, "faults = 1", "faults = 1570497"), workspace().inputs(),
                     "do not fit into the 1570496 bits");
  expect_run_refusal(changed(kSmallSpec, "\"weights\"", "\"fifo\""), workspace().inputs(),
                     "use engine rtl");
  expect_run_refusal(changed(kSmallSpec, "count = 3", "count = 13"), workspace().inputs(),
                     "asks for 13 images");
  expect_run_refusal(kSmallSpec, "--images " + workspace().file("images.bin"),
                     "--images is given without --params");
  expect_refusal(fluence("run /nonexistent.toml"), "/nonexistent.toml");
}

TEST(BadInput, Outputs) {
  const TempDir dir;
  write_text(dir.file("list.jsonl"), kGoodCase);
  write_text(dir.file("spec.toml"), kSmallSpec);
  const auto list = "replay --faults " + dir.file("list.jsonl") + " " + replay_inputs();
  expect_refusal(fluence(list + " --out " + dir.file("no/out.jsonl")), "no/out.jsonl");
  expect_refusal(fluence(list + " --out /dev/full"), "No space left");
  expect_refusal(fluence("classify " + replay_inputs() + " --scores " + dir.file("no/scores.i16")),
                 "no/scores.i16");
  const auto run = "run " + dir.file("spec.toml") + " " + workspace().inputs();
  expect_refusal(fluence(run + " --out " + dir.file("spec.toml")), "results folder");
  expect_refusal(fluence(run + " --out /proc/results"), "/proc/results");
  expect_refusal(fluence(run + " --out " + dir.file("results"), "ulimit -f 8;"), "results.sqlite");
  EXPECT_EQ(dir.entries(), 2);
  expect_refusal(fluence("report " + dir.file("none")), "there are no results");
}

TEST(BadInput, ResultsOfAnotherCampaign) {
  const TempDir dir;
  write_text(dir.file("spec.toml"), kSmallSpec);
  const auto run = "run " + dir.file("spec.toml") + " --out " + dir.file("results") + " ";
  ASSERT_EQ(fluence(run + workspace().inputs()).code, 0);
  expect_refusal(fluence(run + workspace().inputs() + " --seed 9"), "(its seed differs)");
  write_text(dir.file("one.bin"),
             std::string(1, '\7') + test::read_text(workspace().file("images.bin")).substr(1));
  expect_refusal(
      fluence(run + "--params " + workspace().file("params") + " --images " + dir.file("one.bin")),
      "(its images differs)");
  std::filesystem::create_directory(dir.path() / "params");
  test::write_parameters(test::random_parameters(topology("cnvW1A1"), 6), dir.path() / "params");
  expect_refusal(
      fluence(run + "--params " + dir.file("params") + " --images " + workspace().file("images.bin")),
      "(its params cnvW1A1 differs)");
  write_text(dir.file("spec.toml"), changed(kSmallSpec, "trials = 2", "trials = 3"));
  expect_refusal(fluence(run + workspace().inputs()), "(its spec differs)");
}

TEST(BadInput, ResultsOfThisCampaignWrittenOtherwiseAreResumedAndVerified) {
  const TempDir dir;
  write_text(dir.file("spec.toml"), std::string(kSmallSpec) + "time = \"cycle\"\n");
  ASSERT_EQ(fluence(run_command(dir, "r")).code, 0);
  rewrite_results(
      dir.file("r"),
      "UPDATE manifest SET value = replace(value, 'seed = 1', 'seed = 0x1') WHERE key = 'spec'");
  const auto resumed = fluence(run_command(dir, "r"));
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  const auto verified = fluence("verify " + dir.file("r") + " --sample 1 " + workspace().inputs());
  EXPECT_EQ(verified.code, 0) << verified.err;
}

TEST(Stdout, AFullOneIsAnErrorAndAReaderThatLeavesIsNone) {
  expect_refusal(fluence("sites --network cnvW1A1 >/dev/full"), "cannot write to stdout");
  expect_refusal(fluence("sites --network cnvW1A1 >&-"), "cannot write to stdout");
  const TempDir dir;
  EXPECT_EQ(std::system(("(sleep 0.2; '" FLUENCE_BINARY "' sites --network cnvW1A1 2>" +
                         dir.file("err") + "; echo $? >" + dir.file("code") + ") | true; sleep 0.5")
                            .c_str()),
            0);
  EXPECT_EQ(test::read_text(dir.file("code")), "0\n");
  EXPECT_EQ(test::read_text(dir.file("err")), "");
}

}  // namespace
}  // namespace fluence::test
