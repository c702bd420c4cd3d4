// Files that no user's input can be are refused before they fill memory or stack.
#include "base/input_file.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::string repeated(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) {
    result += text;
  }
  return result;
}

TEST(InputFile, MayHaveSoMuchAndNoMore) {
  const test::TempDir dir;
  const auto file = dir.file("a");
  std::ofstream(file) << std::string(kMebibyte, 'x');
  EXPECT_EQ(read_file(file, "the list", "check the path", kMebibyte).size(), kMebibyte);
  std::ofstream(file, std::ios::app) << 'x';
  EXPECT_THAT([&] { read_file(file, "the list", "check the path", kMebibyte); },
              ThrowsMessage<InputError>("cannot read the list " + file +
                                        " (it has more than 1 MiB): name a smaller one"));
  EXPECT_EQ(read_file(file, "the list").size(), kMebibyte + 1);
  EXPECT_THAT([] { read_file("/dev/zero", "the list"); },
              ThrowsMessage<InputError>(HasSubstr("/dev/zero (it has more than 64 MiB)")));
}

TEST(Nesting, IsThatOfListsAndTablesAndDottedKeys) {
  const auto lists = [](int depth) {
    return "x = 1\na = " + repeated("[", depth) + repeated("]", depth);
  };
  EXPECT_EQ(line_nested_too_deep(lists(kMostNesting)), 0);
  EXPECT_EQ(line_nested_too_deep(lists(kMostNesting + 1)), 2);
  EXPECT_EQ(line_nested_too_deep(repeated("{\"a\":", 50'000)), 1);
  const auto key = [](int dots) { return "\n\na" + repeated(" . \"a\"", dots) + " = 1"; };
  EXPECT_EQ(line_nested_too_deep(key(kMostNesting)), 0);
  EXPECT_EQ(line_nested_too_deep(key(kMostNesting + 1)), 3);
  EXPECT_EQ(line_nested_too_deep("[[" + repeated("a.", 50'000) + "a]]"), 1);
}

TEST(Nesting, IsNotWhatStandsInTextCommentsOrSideBySide) {
  EXPECT_EQ(line_nested_too_deep("a = [" + repeated("1.5, ", 1000) + "2.5]"), 0);
  EXPECT_EQ(line_nested_too_deep(repeated("[[part]]\na = [1]\n", 1000)), 0);
  const auto many = repeated("[.{", 100);
  EXPECT_EQ(line_nested_too_deep("# " + many + "\na = '" + many + "'\nb = \"\\\"" + many + "\"\n"), 0);
  EXPECT_EQ(line_nested_too_deep("a = \"\"\"\"\n" + many + "\\\"\"\"\n" + many + "\"\"\"\n"), 0);
  EXPECT_EQ(line_nested_too_deep("a = '''\n" + many + "\n'''\nb = " + many), 4);
  EXPECT_EQ(line_nested_too_deep("a = '\nb = " + many), 2) << "the string ends with its line";
  for (const auto* open : {"\"", "'", "\"\"\"", "'''", "#", "\"\\"}) {
    EXPECT_EQ(line_nested_too_deep(open), 0);
  }
}

}  // namespace
}  // namespace fluence
