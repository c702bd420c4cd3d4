// Numbers that decide: finite, in range and whole where they must be, or refused with what is possible;
// and every refusal is a line that a terminal can show.
#include <gmock/gmock.h>

#include <map>

#include "tests/cli/command.hpp"

namespace fluence::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

void expect_no_number(const std::string& arguments, const std::string& sentence) {
  const auto finished = fluence(arguments);
  EXPECT_EQ(finished.code, 2) << arguments << "\n" << finished.err;
  EXPECT_EQ(finished.error_lines(), 1) << finished.err;
  EXPECT_EQ(finished.out, "");
  EXPECT_THAT(finished.err, StartsWith("fluence: " + sentence)) << arguments;
}

TEST(Numbers, OptionsThatTakeAnyNumberTakeNoOther) {
  const std::string gate = "gate /nonexistent --baseline /nonexistent.json ";
  const std::string plan = "plan --network cnvW1A1 ";
  for (const std::string bad : {"nan", "inf", "-1", "1e400", "1,5", "0x1", "5%", "true"}) {
    expect_no_number(gate + "--margin " + bad,
                     "--margin: " + bad + " is not possible: give a number from 0 to 100: see");
    expect_no_number(gate + "--level " + bad,
                     "--level: " + bad + " is not possible: give a number from 1e-09 to 0.5: see");
    expect_no_number("report /nonexistent --tolerance " + bad,
                     "--tolerance: " + bad + " is not possible: give a number from 0 to 100: see");
    expect_no_number(plan + "--margin " + bad,
                     "--margin: " + bad + " is not possible: give a number from 0.001 to 50: see");
    expect_no_number(
        plan + "--confidence " + bad,
        "--confidence: " + bad + " is not possible: give a number from 0.001 to 99.999: see");
    expect_no_number(plan + "--share " + bad,
                     "--share: " + bad + " is not possible: give a number from 0.001 to 99.999: see");
  }
}

TEST(Numbers, OptionsThatCountTakeWholeNumbers) {
  const std::string count = " is not possible: give a whole number from ";
  const std::map<std::string, std::string> options = {
      {"classify --network cnvW1A1 --count ", "1 to 1000000000"},
      {"plan --network cnvW1A1 --count ", "1 to 1000000"},
      {"images --out /nonexistent/i.bin --count ", "1 to 1000000"},
      {"images --out /nonexistent/i.bin --seed ", "0 to 9223372036854775807"},
      {"run /nonexistent.toml --seed ", "0 to 9223372036854775807"},
      {"run /nonexistent.toml --jobs ", "1 to 1024"},
      {"verify /nonexistent --sample 1 --seed ", "0 to 9223372036854775807"},
      {"verify /nonexistent --sample ", "1 to 1000000"},
      {"attack --network cnvW1A1 --seed ", "0 to 9223372036854775807"},
      {"attack --network cnvW1A1 --layers ", "0 to 1000000"},
      {"attack --network cnvW1A1 --bits ", "1 to 100000"},
      {"attack --network cnvW1A1 --evaluations ", "1 to 1000000000"},
      {"trial /nonexistent --trial 0 --scenario ", "0 to 1000000000"},
      {"trace --network cnvW1A1 --cycle ", "0 to 9223372036854775807"},
      {"trace --network cnvW1A1 --id ", "-9223372036854775808 to 9223372036854775807"},
      {"merge --out /nonexistent --unfinished ", "1 to "}};
  for (const auto& [option, bounds] : options) {
    const auto name = option.substr(option.rfind("--"), option.size() - option.rfind("--") - 1);
    for (const std::string bad : {"1.5", "1e3", "0x14", "true", "12abc", "99999999999999999999999"}) {
      expect_no_number(option + bad, name + ": " + bad + count + bounds);
    }
  }
  expect_no_number("trace --network cnvW1A1 --word-size 4",
                   "--word-size: 4 is not possible: give 1 or 8 or 64");
  expect_no_number("classify --network cnvW1A1 --host x86",
                   "--host: x86 is not possible: give native or arm");
  expect_no_number("plan --network cnvW1A1 --margin ''", "--margin: the text is empty");
}

TEST(Numbers, LeadingZerosChangeNothing) {
  const TempDir dir;
  const auto images = [&](const std::string& count) {
    return fluence("images --count " + count + " --out " + dir.file("i.bin"));
  };
  const auto made = images("012");
  EXPECT_EQ(made.code, 0) << made.err;
  EXPECT_EQ(made.out, images("12").out);
  EXPECT_THAT(made.out, HasSubstr(": 12 images"));
}

TEST(Numbers, ANumberInHexadecimalIsTheSameCampaign) {
  const TempDir dir;
  const auto run = [&](const std::string& count) {
    write_text(dir.file("spec.toml"), "name = \"t\"\nseed = 1\ncount = " + count +
                                          "\ntrials = 2\n[[part]]\nnetworks = \"cnvW1A1\"\nmodes = "
                                          "\"seu\"\nspaces = \"weights\"\nfaults = 1\n");
    return fluence(run_command(dir, "r"));
  };
  for (const std::string ten : {"0xa", "10", "0b1010", "0o12"}) {
    const auto ran = run(ten);
    EXPECT_EQ(ran.code, 0) << ten << ran.err;
  }
  EXPECT_THAT(run("11").err, HasSubstr("belongs to another campaign"));
}

TEST(Sentences, NameTheEncodingAndShowEveryByte) {
  const TempDir dir;
  const auto list = dir.file("list.jsonl");
  const auto replay = "replay --network cnvW1A1 --faults " + list + " --out " + dir.file("o.jsonl");
  write_text(list, "{\"t\xf6\": 1}\n");
  expect_no_number(replay, "the fault list " + list +
                               " is no UTF-8 text, with the byte \\xf6 in line 1: save it as UTF-8\n");
  write_text(list, std::string("\xff\xfe{\0", 4));
  expect_no_number(replay, "the fault list " + list + " is UTF-16 text: save it as UTF-8\n");
  write_text(dir.file("spec.toml"), "name = \"\xfc\"\n");
  expect_no_number("run " + dir.file("spec.toml"),
                   "the campaign " + dir.file("spec.toml") + " is no UTF-8 text, with the byte \\xfc");
  expect_no_number("replay --network cnvW1A1 --out x --faults '/none\xf6\x1b[2J'",
                   "cannot read the fault list /none\\xf6\\x1b[2J (");
  expect_no_number("gate /nonexistent --level '\xff'", "--level: \\xff is not possible");
  expect_no_number("'\xff'", "there is no command '\\xff'");
}

TEST(Sentences, TooLittleMemoryIsOne) {
  const TempDir dir;
  const auto finished =
      fluence("images --count 1000000 --out " + dir.file("i.bin"), "ulimit -v 200000;");
  EXPECT_EQ(finished.code, 1);
  // A slow machine says before how far it is.
  const auto last = finished.err.substr(finished.err.rfind('\n', finished.err.size() - 2) + 1);
  EXPECT_THAT(last, StartsWith("fluence: there is not enough memory: "));
  EXPECT_EQ(dir.entries(), 0);
}

TEST(Images, ComeThroughAPipeLikeAFile) {
  const TempDir dir;
  const auto classify = [&](const std::string& images, const std::string& before = "") {
    return fluence(
        "classify --network cnvW1A1 --params " + workspace().file("params") + " --images " + images,
        before);
  };
  const auto file = classify(workspace().file("images.bin"));
  ASSERT_EQ(file.code, 0) << file.err;
  const auto pipe = classify("/dev/stdin", "cat " + workspace().file("images.bin") + " |");
  EXPECT_EQ(pipe.code, 0) << pipe.err;
  EXPECT_EQ(pipe.out, file.out);
  const auto cut = classify("/dev/stdin", "head -c 5000 " + workspace().file("images.bin") + " |");
  EXPECT_EQ(cut.code, 2);
  EXPECT_THAT(cut.err, HasSubstr("'/dev/stdin' has 5000 bytes, no whole number of records"));
  EXPECT_EQ(cut.error_lines(), 1) << cut.err;
}

}  // namespace
}  // namespace fluence::test
