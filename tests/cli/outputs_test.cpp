// No output destroys an input, another output or a campaign's results.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/command.hpp"

namespace fluence::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto kOutputsCase =
    R"({"id": 0, "images": 2, "faults": [{"before_image": 0, "target": "weights", "layer": 1, "module": 0, "index": 0, "bit": 0}]})";

// A campaign in "r", its baseline "b.json", images "i.bin", parameters "p", a fault list "l.jsonl".
class Outputs : public ::testing::Test {
 protected:
  Outputs() {
    write_text(dir.file("spec.toml"), small_spec(5));  // the gate asks for so many
    write_text(dir.file("l.jsonl"), kOutputsCase);
    fs::copy_file(workspace().file("images.bin"), dir.file("i.bin"));
    fs::copy(workspace().file("params"), dir.file("p"), fs::copy_options::recursive);
    EXPECT_EQ(fluence(run_command(dir, "r")).code, 0);
    EXPECT_EQ(fluence("gate " + dir.file("r") + " --write-baseline " + dir.file("b.json")).code, 0);
  }

  // The command refuses, says `what`, prints nothing and changes no file.
  void expect_refused(const std::string& command, const std::string& what) {
    const auto before = state();
    const auto refused = fluence(command);
    EXPECT_EQ(refused.code, 2) << command;
    EXPECT_EQ(refused.error_lines(), 1) << refused.err;
    EXPECT_THAT(refused.err, StartsWith("fluence: "));
    EXPECT_THAT(refused.err, HasSubstr(what)) << command;
    EXPECT_EQ(refused.out, "") << command;
    EXPECT_EQ(state(), before) << command;
  }

  [[nodiscard]] std::string inputs() const {
    return " --params " + dir.file("p") + " --images " + dir.file("i.bin");
  }
  [[nodiscard]] std::string at(const std::string& name) const { return " " + dir.file(name); }

  TempDir dir;

 private:
  // Every file with its content.
  [[nodiscard]] std::map<std::string, std::string> state() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(dir.path())) {
      files[entry.path().string()] = entry.is_regular_file() ? read_text(entry.path()) : "";
    }
    return files;
  }
};

TEST_F(Outputs, AreNoInputs) {
  expect_refused("classify --network cnvW1A1" + inputs() + " --scores" + at("i.bin"),
                 "is what --images is read from");
  expect_refused("classify --network cnvW1A1" + inputs() + " --scores" + at("p/cnvW1A1/0-0-weights.bin"),
                 "is one of the files that --params is read from");
  const auto replay = "replay --network cnvW1A1" + inputs() + " --faults" + at("l.jsonl");
  expect_refused(replay + " --out" + at("l.jsonl"), "is what --faults is read from");
  expect_refused(replay + " --out" + at("i.bin"), "is what --images is read from");
  expect_refused("gate" + at("r") + " --baseline" + at("b.json") + " --junit" + at("b.json"),
                 "is what --baseline is read from");
}

TEST_F(Outputs, AreNoInputsUnderAnotherName) {
  fs::create_symlink(dir.file("i.bin"), dir.file("soft"));
  fs::create_hard_link(dir.file("i.bin"), dir.file("hard"));
  fs::create_hard_link(dir.file("r/results.sqlite"), dir.file("rows"));
  for (const auto* name : {"soft", "hard", "p/../i.bin", "./i.bin"}) {
    expect_refused("classify --network cnvW1A1" + inputs() + " --scores" + at(name),
                   "is what --images is read from");
  }
  expect_refused("report" + at("r") + " --csv" + at("rows"), "is what the campaign is read from");
}

TEST_F(Outputs, AreNoDatabases) {
  const std::string what = "is a campaign's database";
  expect_refused("gate" + at("r") + " --write-baseline" + at("r/results.sqlite"), what);
  for (const auto* option : {"--csv", "--json", "--index"}) {
    expect_refused("report" + at("r") + " " + option + at("r/results.sqlite"), what);
  }
  expect_refused("report" + at("r") + " --csv" + at("r/results.sqlite-wal"), what);
  expect_refused("trial" + at("r") + inputs() + " --scenario 0 --trial 0 --out" + at("r/results.sqlite"),
                 what);
  expect_refused("images --count 1 --out" + at("r/results.sqlite"), what);
  fs::create_symlink(dir.file("r/results.sqlite"), dir.file("link"));
  expect_refused("images --count 1 --out" + at("link"), what);
  expect_refused("attack --network cnvW1A1" + inputs() + " --out" + at("r/results.sqlite"), what);
  expect_refused(
      "trace --network cnvW1A1 --space window --layer 1 --cycle 9 --json" + at("r/results.sqlite"),
      what);
}

TEST_F(Outputs, AreNoOtherOutputs) {
  expect_refused("images --count 1 --out" + at("same") + " --sheet" + at("same"),
                 "is the file of --out, too");
  expect_refused("report" + at("r") + " --csv" + at("x") + " --json" + at("r/../x"),
                 "is the file of --csv, too");
  expect_refused("report" + at("r") + " --json" + at("r/report.html"), "is the file of the page, too");
  expect_refused("trace --network cnvW1A1 --space window --layer 1 --cycle 9 --json" + at("x") +
                     " --html" + at("x"),
                 "is the file of --html, too");
}

TEST_F(Outputs, ThatCannotBeWrittenAreFoundBeforeTheWork) {
  for (const auto* option : {"--csv", "--json", "--index"}) {
    expect_refused("report" + at("r") + " " + option + at("none/x"), "cannot write");
  }
  expect_refused("report" + at("r") + at("nothere"), "there are no results in");
  expect_refused("trial" + at("r") + inputs() + " --scenario 0 --trial 0 --out" + at("none/x"),
                 "cannot write");
  expect_refused("images --count 1 --out" + at("fine") + " --sheet" + at("none/x"), "cannot write");
}

TEST_F(Outputs, MayBeDevicesAndReplaceOlderOutputs) {
  const auto twice = fluence("images --count 1 --out /dev/null --sheet /dev/null");
  EXPECT_EQ(twice.code, 0) << twice.err;
  // A folder of links, as /dev is one, in which stdout is a file.
  fs::create_symlink("/proc/self/fd/1", dir.file("stdout"));
  const auto bytes = fluence("images --count 1 --out" + at("stdout"));
  EXPECT_EQ(bytes.code, 0) << bytes.err;
  EXPECT_GT(bytes.out.size(), 3073U);
  EXPECT_TRUE(fs::is_symlink(dir.file("stdout")));
  for (int k = 0; k < 2; ++k) {
    const auto report = fluence("report" + at("r") + " --csv" + at("r/table.csv"));
    EXPECT_EQ(report.code, 0) << report.err;
  }
}

// Also the folders above the one whose name is too long.
TEST_F(Outputs, ARefusedRunLeavesNothing) {
  expect_refused("run" + at("spec.toml") + inputs() + " --out" + at("a/b/" + std::string(300, 'c')),
                 "cannot make the results folder");
}

}  // namespace
}  // namespace fluence::test
