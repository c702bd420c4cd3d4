// Text of others is never a command of the place where it is put.
#include "base/escape.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence {
namespace {

TEST(Printable, LeavesTextAndShowsWhatATerminalWouldObey) {
  EXPECT_EQ(printable("größe ×10 \"a\\b\" 日本"), "größe ×10 \"a\\b\" 日本");
  EXPECT_EQ(printable("a\x1b[2Jb\n\t\x7f"), "a\\x1b[2Jb\\x0a\\x09\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b") << "a control sequence in one character";
  EXPECT_EQ(printable("\xe2\x80\xae"), "\\xe2\\x80\\xae") << "from here on right to left";
  EXPECT_EQ(printable("\xe2\x82 \xc0\xaf"), "\\xe2\\x82 \\xc0\\xaf") << "cut short, and too long";
  EXPECT_EQ(printable("\xed\xa0\x80 \xf4\x90\x80\x80"), "\\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80");
  EXPECT_EQ(printable_lines("a\x1b\nb\n\nc"), "a\\x1b\nb\n\nc");
}

// What a shell makes of a word.
std::string word_in(const std::string& shell, const std::string& word) {
  const test::TempDir dir;
  std::ofstream(dir.file("script")) << "printf %s " << word << " >" << dir.file("out") << "\n";
  EXPECT_EQ(std::system((shell + " " + dir.file("script")).c_str()), 0) << word;
  std::ifstream in(dir.file("out"), std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST(ShellQuoted, IsTheWordInEveryPosixShell) {
  EXPECT_EQ(shell_quoted("results/uniform_2-a.b"), "results/uniform_2-a.b");
  EXPECT_EQ(shell_quoted("my run"), "'my run'");
  std::string all;
  for (int c = 1; c < 256; ++c) {
    all += static_cast<char>(c);
  }
  for (const auto& word :
       {std::string(), std::string("it's"),
        std::string("$HOME `id` \"x\" \\ !! *?[a] {b,c} ~ #; & | < > ()"), std::string("größe"),
        std::string("a\tb"), std::string("a\nb"), std::string("\n"), std::string("end\n\n"),
        std::string("gr\xf6sse 100%d 'x' \\n"), std::string("-n\x1b"), all}) {
    const auto quoted = shell_quoted(word);
    EXPECT_EQ(quoted.find('\n') == std::string::npos, !word.ends_with('\n')) << quoted;
    for (const auto* shell : {"sh", "bash", "LC_ALL=C bash"}) {
      EXPECT_EQ(word_in(shell, quoted), word) << shell << ": " << quoted;
    }
  }
}

TEST(ShellPath, IsNoOptionAndNoList) {
  EXPECT_EQ(shell_path("-r"), "./-r");
  EXPECT_EQ(shell_path("[a,b]"), "'[a,b]'");
  EXPECT_EQ(shell_path("/a/-r"), "/a/-r");
}

TEST(Markup, IsTextInElementsAndAttributes) {
  EXPECT_EQ(markup("</title><script>a('b') && \"c\"</script>"),
            "&lt;/title&gt;&lt;script&gt;a(&#39;b&#39;) &amp;&amp; &quot;c&quot;&lt;/script&gt;");
  EXPECT_EQ(markup("]]>\x01\xf6\n"), "]]&gt;\\x01\\xf6\\x0a") << "XML has no name for these";
}

TEST(CsvCell, IsOneCellOfText) {
  EXPECT_EQ(csv_cell("weights+thresholds"), "weights+thresholds");
  EXPECT_EQ(csv_cell("a,\"b\"\nc"), "\"a,\"\"b\"\"\nc\"");
  EXPECT_EQ(csv_cell("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
  for (const auto* formula : {"+1", "-1", "@a", "=1"}) {
    EXPECT_EQ(csv_cell(formula), std::string("'") + formula);
  }
  EXPECT_EQ(csv_cell("\t=1"), "\"'\t=1\"");
}

TEST(LinkTo, LeadsToTheFile) {
  EXPECT_EQ(link_to("../a/report.html"), "../a/report.html");
  EXPECT_EQ(link_to("50% #1?/gr\xf6\n"), "50%25%20%231%3F/gr%F6%0A");
  EXPECT_EQ(link_to("javascript:alert(1)"), "javascript%3Aalert%281%29");
}

TEST(JsonText, HoldsWhateverIsInIt) {
  const nlohmann::json json = {{"a\xf6", "\x1b ü \xff"}};
  EXPECT_EQ(json_text(json), R"({"a\ufffd":"\u001b \u00fc \ufffd"})");
}

}  // namespace
}  // namespace fluence
