// Parameters as one ONNX file: made from a folder, taken wherever a folder is, and turned into one
// again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "tests/cli/command.hpp"

namespace fluence::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class Params : public ::testing::Test {
 protected:
  // Of the workspace's parameters of a network.
  void make_file(const std::string& net, const std::string& name) {
    const auto made = fluence("params --network " + net + " --params " + workspace().file("params") +
                              " --out " + shell_quoted(dir.file(name)));
    ASSERT_EQ(made.code, 0) << made.err;
  }
  void expect_refused(const std::string& command, const std::string& what) {
    const auto entries = dir.entries();
    const auto refused = fluence(command);
    EXPECT_EQ(refused.code, 2) << command;
    EXPECT_EQ(refused.error_lines(), 1) << refused.err;
    EXPECT_THAT(refused.err, HasSubstr(what));
    EXPECT_EQ(refused.out, "");
    EXPECT_EQ(dir.entries(), entries) << "something was left";
  }
  [[nodiscard]] std::string with(const std::string& params) const {
    return " --params " + dir.file(params) + " --images " + workspace().file("images.bin");
  }
  TempDir dir;
};

TEST_F(Params, GoFromAFolderToAFileAndBack) {
  make_file("cnvW2A2", "x.onnx");
  const auto back =
      fluence("params --network cnvW2A2 --params " + dir.file("x.onnx") + " --out " + dir.file("back/"));
  ASSERT_EQ(back.code, 0) << back.err;
  EXPECT_THAT(back.out, HasSubstr("parameters of cnvW2A2, 10 classes, digest " +
                                  random_parameters(topology("cnvW2A2"), 5).digest()));
  int files = 0;
  for (const auto& entry : fs::directory_iterator(workspace().file("params/cnvW2A2"))) {
    EXPECT_EQ(read_text(dir.path() / "back" / entry.path().filename()), read_text(entry.path()))
        << entry.path();
    ++files;
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path() / "back"), {}), files);
}

TEST_F(Params, AreThoseOfTheEmbeddedModelUnlessGiven) {
  const auto made = fluence("params --network cnvW1A2 --out " + dir.file("x.onnx"));
  EXPECT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("digest eacef65bbeb726b0"));
}

TEST_F(Params, ClassifyAlikeAsFileAndAsFolder) {
  const auto classify = "classify --list --network cnvW1A1";
  const auto folder = fluence(classify + (" " + workspace().inputs()));
  ASSERT_EQ(folder.code, 0) << folder.err;
  make_file("cnvW1A1", "one.onnx");
  fs::create_directory(dir.path() / "several");
  for (const auto* net : {"cnvW1A1", "cnvW2A2"}) {
    make_file(net, std::string("several/") + net + ".onnx");
  }
  for (const auto* params : {"one.onnx", "several"}) {
    const auto file = fluence(classify + with(params));
    EXPECT_EQ(file.code, 0) << file.err;
    EXPECT_EQ(file.out, folder.out);
  }
}

// The campaign's digest and its commands, which name the file.
TEST_F(Params, ServeACampaignAsAFile) {
  write_text(dir.file("spec.toml"), kSmallSpec);
  make_file("cnvW1A1", "it's.onnx");
  const auto params =
      " --params " + shell_quoted(dir.file("it's.onnx")) + " --images " + workspace().file("images.bin");
  ASSERT_EQ(fluence(run_command(dir, "folder")).code, 0);
  const auto run = fluence("run " + dir.file("spec.toml") + params + " --out " + dir.file("file"));
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(fluence("digest " + dir.file("file")).out.substr(0, 16),
            fluence("digest " + dir.file("folder")).out.substr(0, 16));
  const auto report = fluence("report " + dir.file("file") + " --json " + dir.file("r.json"));
  ASSERT_EQ(report.code, 0) << report.err;
  const auto data = nlohmann::json::parse(read_text(dir.file("r.json")));
  const std::string verify = data["verify"];
  EXPECT_THAT(verify, HasSubstr(shell_quoted(dir.file("it's.onnx"))));
  for (const auto& command : {verify.substr(std::string("fluence ").size()),
                              "trial " + dir.file("file") + params + " --scenario 0 --trial 1"}) {
    const auto again = fluence(command);
    EXPECT_EQ(again.code, 0) << command << "\n" << again.err;
  }
  const auto other = fluence("run " + dir.file("spec.toml") + " --out " + dir.file("file"));
  EXPECT_EQ(other.code, 2) << "other parameters than those of the file";
}

TEST_F(Params, AreRefusedInOneSentence) {
  make_file("cnvW1A1", "x.onnx");
  expect_refused("classify --network cnvW2A2" + with("x.onnx"),
                 "x.onnx' holds the parameters of network 'cnvW1A1', not of cnvW2A2");
  expect_refused("classify --network cnvW1A1" + with("nowhere.onnx"), "nowhere.onnx");
  write_text(dir.file("y.onnx"), read_text(dir.file("x.onnx")).substr(0, 1000));
  expect_refused("params --network cnvW1A1 --params " + dir.file("y.onnx") + " --out " + dir.file("z"),
                 "y.onnx' is no ONNX file");
}

TEST_F(Params, ReplaceNoInputAndNoFolder) {
  make_file("cnvW1A1", "x.onnx");
  fs::create_directory(dir.path() / "folder");
  const auto params = "params --network cnvW1A1 --params " + dir.file("x.onnx") + " --out ";
  expect_refused(params + dir.file("x.onnx"), "is what --params is read from");
  expect_refused(params + dir.file("folder"), "name a new one");
  expect_refused(params + dir.file("none/x.onnx"), "cannot write");
  expect_refused(params + dir.file("none/x"), "none/x");
  fs::create_symlink(dir.file("x.onnx"), dir.file("link.onnx"));
  expect_refused(params + dir.file("link.onnx"), "is what --params is read from");
}

}  // namespace
}  // namespace fluence::test
