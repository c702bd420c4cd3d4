// Who drives the accelerator makes no difference to what a trial gives, and firmware that is no good is
// one sentence.
#include <gmock/gmock.h>

#include "fault/draw.hpp"
#include "fault/fault_list.hpp"
#include "fault/schedule.hpp"
#include "tests/cli/command.hpp"

namespace fluence::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kFewImages = 2;

std::string replay(const std::string& list, const std::string& options, const std::string& out) {
  return "replay --engine rtl --network cnvW1A1 " + workspace().inputs() + " --faults " + list + " " +
         options + " --out " + out;
}

// What both hosts make of a list, which must be the same.
std::string by_both_hosts(const TempDir& dir, const std::string& list, const std::string& options) {
  std::string texts[2];
  for (const bool arm : {false, true}) {
    const auto out = dir.file(arm ? "arm.jsonl" : "native.jsonl");
    const auto finished = fluence(replay(list, options + (arm ? " --host arm" : ""), out));
    EXPECT_EQ(finished.code, 0) << finished.err;
    texts[arm ? 1 : 0] = read_text(out);
  }
  EXPECT_EQ(texts[1], texts[0]);
  return texts[0];
}

std::string lines_of(const std::vector<FaultCase>& trials) {
  std::string text;
  for (const auto& trial : trials) {
    text += to_line({trial, {}}) + "\n";
  }
  return text;
}

// Upsets of control lead into hangs, endless runs and wild addresses; each trial starts afresh.
TEST(Hosts, AgreeOnUpsetsOfControlAndOnHangs) {
  const auto& net = topology("cnvW1A1");
  const SiteMap sites(net);
  const auto length = Schedule::read(FLUENCE_SOURCE_DIR "/schedules", net).run_length(kFewImages);
  const Drawer drawer(sites,
                      {{Space::control}, {}, 3, 1, Semantics::physical, true, kFewImages, length});
  std::vector<FaultCase> trials;
  for (int k = 0; k < 24; ++k) {
    trials.push_back(drawer.draw(1, 0, static_cast<std::uint64_t>(k)));
    trials.back().id = k;
  }
  const TempDir dir;
  write_text(dir.file("list.jsonl"), lines_of(trials));
  const auto scores = by_both_hosts(dir, dir.file("list.jsonl"), "--jobs 2");
  EXPECT_THAT(scores, HasSubstr("\"hang\":\"inter"));
  EXPECT_THAT(scores, HasSubstr("\"images_done\":1"));
}

TEST(Hosts, AgreeOnUpsetsOfDataAtCycles) {
  const auto& net = topology("cnvW1A1");
  const SiteMap sites(net);
  const auto length = Schedule::read(FLUENCE_SOURCE_DIR "/schedules", net).run_length(kFewImages);
  std::vector<FaultCase> trials;
  for (const auto space : {Space::weights, Space::thresholds, Space::window, Space::fifo}) {
    const Drawer drawer(sites, {{space}, {}, 10, 8, Semantics::physical, true, kFewImages, length});
    trials.push_back(drawer.draw(2, 0, 0));
    trials.back().id = static_cast<int>(trials.size());
  }
  const TempDir dir;
  write_text(dir.file("list.jsonl"), lines_of(trials));
  by_both_hosts(dir, dir.file("list.jsonl"), "");
}

TEST(Hosts, AgreeOnACampaignWhichEitherResumes) {
  const TempDir dir;
  write_text(dir.file("spec.toml"), R"(name = "hosts"
seed = 4
count = 3
trials = 2
[[part]]
engine = "rtl"
networks = "cnvW1A1"
modes = ["seu", "mbu"]
spaces = ["weights", "thresholds"]
faults = 3
[[part]]
engine = "rtl"
networks = "cnvW1A1"
modes = "seu"
spaces = "control"
faults = 2
time = "cycle"
[[part]]
engine = "rtl"
networks = "cnvW1A1"
modes = "mbu"
spaces = "weights"
faults = 1
semantics = "shipped"
)");
  const auto run = [&](const std::string& out, const std::string& options) {
    const auto finished = fluence(run_command(dir, out) + " " + options);
    EXPECT_EQ(finished.code, 0) << finished.err;
    EXPECT_THAT(finished.out, HasSubstr("is complete, 12 trials"));
    EXPECT_THAT(finished.err, Not(HasSubstr("uart")));
  };
  const auto digest = [&](const std::string& out) {
    return fluence("digest " + dir.file(out)).out.substr(0, 16);
  };
  run("native", "");
  run("arm", "--host arm --jobs 2");
  EXPECT_EQ(digest("arm"), digest("native"));
  // Half by one host, half by the other.
  for (const std::string part : {"0/2", "1/2"}) {
    const auto finished =
        fluence(run_command(dir, "shards") + " --shard " + part + (part == "0/2" ? " --host arm" : ""));
    EXPECT_EQ(finished.code, 0) << finished.err;
  }
  const auto merged = fluence("merge --out " + dir.file("merged") + " " +
                              dir.file("shards/shard-0-of-2") + " " + dir.file("shards/shard-1-of-2"));
  EXPECT_EQ(merged.code, 0) << merged.err;
  EXPECT_EQ(digest("merged"), digest("native"));
  run("native", "--host arm");  // nothing is left to do, and it is the same campaign
}

TEST(Hosts, ClassifyShowsTheUart) {
  const auto finished =
      fluence("classify --engine rtl --host arm --load registers --count 2 --network cnvW1A1 " +
              workspace().inputs());
  EXPECT_EQ(finished.code, 0) << finished.err;
  // In a line of its own, behind lines of progress if it takes long.
  EXPECT_THAT("\n" + finished.err, HasSubstr("\nuart: "));
  EXPECT_THAT(finished.err, HasSubstr(" of 2 correct, "));
  EXPECT_THAT(finished.out, Not(HasSubstr("uart")));
}

void expect_refusal(const test::Finished& finished, const std::string& what) {
  EXPECT_EQ(finished.code, 2) << finished.err;
  EXPECT_EQ(finished.error_lines(), 1) << finished.err;
  EXPECT_EQ(finished.out, "");
  EXPECT_THAT(finished.err, StartsWith("fluence: "));
  EXPECT_THAT(finished.err, HasSubstr(what));
}

test::Finished classify_with(const std::string& firmware) {
  return fluence("classify --engine rtl --host arm --count 1 --network cnvW1A1 " + workspace().inputs() +
                 " --firmware " + firmware);
}

TEST(WrongFirmware, IsNoFile) {
  expect_refusal(classify_with("/nowhere"), "cannot read the firmware /nowhere");
  expect_refusal(classify_with("/tmp"), "/tmp is no ELF executable for a little-endian ARM");
}

TEST(WrongFirmware, IsNoElfForArm) {
  const TempDir dir;
  write_text(dir.file("empty"), "");
  write_text(dir.file("text"), "firmware\n");
  write_text(dir.file("header"), read_text(FLUENCE_FIRMWARE_FILE).substr(0, 40));
  for (const auto& file :
       {dir.file("empty"), dir.file("text"), dir.file("header"), std::string(FLUENCE_BINARY)}) {
    expect_refusal(classify_with(file), file + " is no ELF executable for a little-endian ARM");
  }
}

TEST(WrongFirmware, IsCutShort) {
  const TempDir dir;
  const auto whole = read_text(FLUENCE_FIRMWARE_FILE);
  write_text(dir.file("short.elf"), whole.substr(0, 0x1100));
  expect_refusal(classify_with(dir.file("short.elf")),
                 "short.elf is cut short: build the firmware again");
  write_text(dir.file("short.elf"), whole.substr(0, 60));
  expect_refusal(classify_with(dir.file("short.elf")), "short.elf holds nothing to load");
}

TEST(WrongFirmware, DoesNotFit) {
  expect_refusal(classify_with(FLUENCE_WRONG_FIRMWARE "/elsewhere.elf"),
                 "outside of the 16777216 bytes that the platform has for firmware");
}

struct Wrong {
  const char* name;
  const char* what;
};
void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.name; }

class WrongInTheRun : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongInTheRun, IsOneSentence) {
  const auto file = std::string(FLUENCE_WRONG_FIRMWARE "/") + GetParam().name + ".elf";
  expect_refusal(classify_with(file), file + ": " + GetParam().what);
}

TEST_P(WrongInTheRun, EndsACampaignInOneSentence) {
  const TempDir dir;
  write_text(dir.file("spec.toml"),
             "name = \"t\"\nseed = 1\ncount = 1\ntrials = 2\n[[part]]\nengine = \"rtl\"\n"
             "networks = \"cnvW1A1\"\nmodes = \"seu\"\nspaces = \"weights\"\nfaults = 1\n");
  const auto file = std::string(FLUENCE_WRONG_FIRMWARE "/") + GetParam().name + ".elf";
  const auto finished = fluence("run " + dir.file("spec.toml") + " " + workspace().inputs() +
                                " --host arm --firmware " + file + " --out " + dir.file("out"));
  EXPECT_EQ(finished.code, 2);
  EXPECT_EQ(finished.error_lines(), 2) << finished.err;  // the progress is the other one
  EXPECT_THAT(finished.err, HasSubstr("\nfluence: " + file + ": " + GetParam().what));
}

INSTANTIATE_TEST_SUITE_P(
    Firmware, WrongInTheRun,
    ::testing::Values(
        Wrong{"unmapped",
              "the firmware writes 4 bytes at 0x50000004, where nothing is mapped (PC 0x00000004)"},
        Wrong{"refused", "the firmware reads 1 byte at 0x42800000, which the device refuses"},
        Wrong{"undefined",
              "the firmware meets an undefined instruction: build it for a Cortex-A9 (PC 0x00000000)"},
        Wrong{"jump", "the firmware jumps to where there is no memory (PC 0x50000000)"},
        Wrong{"endless", "the firmware has not ended after 1"},
        Wrong{"asleep", "the firmware has not ended after 1"},
        Wrong{"idle", "the firmware ran 0 of 1 images: it must do the job of sw/include/fluence/job.h"},
        Wrong{"failing",
              "the firmware ended with code 3: it must do the job of sw/include/fluence/job.h"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Hosts, ArmNeedsWhatFirmwareCanDo) {
  const TempDir dir;
  const std::string spec =
      "name = \"t\"\nseed = 1\ncount = 1\ntrials = 1\n[[part]]\nnetworks = \"cnvW1A1\"\n"
      "modes = \"seu\"\nspaces = \"weights\"\nfaults = 1\nsemantics = \"physical\"\n";
  const auto run = "run " + dir.file("spec.toml") + " " + workspace().inputs() + " --host arm --out " +
                   dir.file("out");
  write_text(dir.file("spec.toml"), spec + "engine = \"fast\"\n");
  expect_refusal(fluence(run), "--host arm is for the simulated accelerator");
  write_text(dir.file("spec.toml"), spec + "engine = \"rtl\"\n");
  expect_refusal(fluence(run), "which firmware cannot do");
  expect_refusal(fluence("classify --network cnvW1A1 --engine rtl --firmware " FLUENCE_FIRMWARE_FILE),
                 "add --host arm");
  expect_refusal(fluence("classify --network cnvW1A1 --engine rtl --host board"), "--host");
  EXPECT_EQ(dir.entries(), 1);
}

TEST(Hosts, AnUpsetBeyondTheRunIsRefusedByBoth) {
  const TempDir dir;
  write_text(dir.file("list.jsonl"),
             R"({"id": 1, "images": 1, "faults": [{"cycle": 900000, "target": "weight", "layer": 0, )"
             R"("module": 0, "index": 0, "thresh": 0, "bit": 0, "word_size": 1}]})");
  for (const std::string host : {"native", "arm"}) {
    expect_refusal(fluence(replay(dir.file("list.jsonl"), "--host " + host, dir.file("out.jsonl"))),
                   "cycle 900000, and its run of 1 images takes 156290 cycles");
  }
}

}  // namespace
}  // namespace fluence::test
