#include "base/output_file.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "base/error.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST(WriteFile, WritesAndReplaces) {
  const test::TempDir dir;
  write_file(dir.path() / "out", "first");
  EXPECT_EQ(content(dir.path() / "out"), "first");
  write_file(dir.path() / "out", "second, longer");
  EXPECT_EQ(content(dir.path() / "out"), "second, longer");
  EXPECT_EQ(dir.entries(), 1) << "the file beside was left";
}

TEST(WriteFile, ErrorsNamePathAndReasonAndLeaveNothing) {
  const test::TempDir dir;
  try {
    write_file(dir.path() / "no" / "out", "text");
    FAIL() << "wrote into a folder that does not exist";
  } catch (const InputError& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("no/out"), HasSubstr("No such file or directory")));
  }
  EXPECT_EQ(dir.entries(), 0);
}

TEST(WriteFile, TakesPiecesAndLeavesNothingIfTheyEndInAnError) {
  const test::TempDir dir;
  write_file(dir.path() / "out", [](const TextSink& sink) {
    sink("one, ");
    sink("two");
  });
  EXPECT_EQ(content(dir.path() / "out"), "one, two");
  EXPECT_THROW(write_file(dir.path() / "out",
                          [](const TextSink& sink) {
                            sink("half");
                            throw InputError("no more");
                          }),
               InputError);
  EXPECT_EQ(content(dir.path() / "out"), "one, two");
  EXPECT_EQ(dir.entries(), 1) << "the file beside was left";
}

TEST(WriteFile, FullDeviceIsAnError) {
  try {
    write_file("/dev/full", "text");
    FAIL() << "wrote to a full device";
  } catch (const InputError& e) {
    EXPECT_THAT(e.what(), HasSubstr("No space left on device"));
  }
}

std::string refusal(const std::filesystem::path& folder,
                    const std::map<std::string, std::string>& files) {
  try {
    write_folder(folder, files);
    return "";
  } catch (const InputError& e) {
    return e.what();
  }
}

TEST(WriteFolder, MakesANewOneWithAllFiles) {
  const test::TempDir dir;
  for (const auto* name : {"out", "slash/"}) {
    EXPECT_EQ(refusal(dir.path() / name, {{"a", "first"}, {"b", ""}}), "");
    EXPECT_EQ(content(dir.path() / name / "a"), "first");
    EXPECT_TRUE(std::filesystem::exists(dir.path() / name / "b"));
  }
  EXPECT_EQ(dir.entries(), 2) << "a folder beside was left";
}

TEST(WriteFolder, ReplacesNothing) {
  const test::TempDir dir;
  write_file(dir.path() / "file", "text");
  std::filesystem::create_directory(dir.path() / "folder");
  std::filesystem::create_symlink("nowhere", dir.path() / "link");
  for (const auto* name : {"file", "folder", "folder/", "link", "."}) {
    EXPECT_THAT(refusal(dir.path() / name, {{"a", "first"}}), HasSubstr("name a new one")) << name;
  }
  EXPECT_EQ(dir.entries(), 3);
}

TEST(WriteFolder, LeavesNothingWhereItFails) {
  const test::TempDir dir;
  EXPECT_THAT(refusal(dir.path() / "no/out", {{"a", "first"}}), HasSubstr("no/out"));
  EXPECT_THAT(refusal(dir.path() / "out", {{"a", "first"}, {"b/c", "second"}}), HasSubstr("b/c"));
  EXPECT_EQ(dir.entries(), 0);
}

}  // namespace
}  // namespace fluence
