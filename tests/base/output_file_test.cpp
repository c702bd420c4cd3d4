#include "base/output_file.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

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

TEST(WriteFile, FullDeviceIsAnError) {
  try {
    write_file("/dev/full", "text");
    FAIL() << "wrote to a full device";
  } catch (const InputError& e) {
    EXPECT_THAT(e.what(), HasSubstr("No space left on device"));
  }
}

}  // namespace
}  // namespace fluence
