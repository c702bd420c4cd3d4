// How far long work is, as a user sees it.
#include <gmock/gmock.h>

#include "tests/cli/command.hpp"
#include "tests/cli/terminal.hpp"

namespace fluence::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

// What `fluence <arguments>` writes to stderr.
std::string on_stderr(const std::string& arguments) {
  const auto finished = on_terminal(arguments + " >/dev/null");
  EXPECT_EQ(finished.code, 0) << finished.out;
  return finished.out;
}

constexpr auto kRewritten = "\r\033[K";

TEST(Progress, OfClassifyingOnTheRtl) {
  const auto shown = on_stderr("classify --network cnvW2A2 --engine rtl --count 20");
  EXPECT_THAT(shown, ContainsRegex("\033.K[1-9][0-9]?/20 images, [0-9.]+/s, [0-9]+ s left\r"));
  EXPECT_THAT(shown, ContainsRegex("\033.K20/20 images, [0-9.]+/s, took [0-9]+ s\r\n20 images in"));
}

TEST(Progress, OfClassifyingByFirmwareLeavesItsLinesWhole) {
  const auto shown = on_stderr("classify --network cnvW2A2 --engine rtl --host arm --count 20");
  EXPECT_THAT(shown, ContainsRegex("\033.K[1-9][0-9]?/20 images, [0-9.]+/s, [0-9]+ s left\r"));
  EXPECT_THAT(shown, ContainsRegex("\033.K20/20 images, [0-9.]+/s, took [0-9]+ s\r\nuart: "));
  EXPECT_THAT(shown, ContainsRegex("\n20 images in"));
}

TEST(Progress, OfClassifyingOnTheFastEngine) {
  const auto shown = on_stderr("classify --network cnvW2A2 --count 5000");
  EXPECT_THAT(shown, ContainsRegex("\033.K[0-9]+/5000 images, [0-9]+/s, [0-9]+ s left\r"));
}

TEST(Progress, OfCalibrating) {
  const TempDir dir;
  const auto shown = on_stderr("calibrate --network cnvW2A2 --out " + dir.file("s"));
  EXPECT_THAT(shown, ContainsRegex("\033.Krecording cnvW2A2: [1-9] images, [0-9.]+/s\r"));
  EXPECT_THAT(shown, ContainsRegex(
                         "recording cnvW2A2: ([0-9]+)/([0-9]+) images, [0-9.]+/s, took [0-9]+ s\r\n$"));
}

TEST(Progress, OfDrawingImages) {
  const auto shown = on_stderr("images --count 8000 --out /dev/null");
  EXPECT_THAT(shown, ContainsRegex("\033.K[0-9]+/8000 images, [0-9]+/s, [0-9]+ s left\r"));
}

TEST(Progress, OfWhatIsOverAtOnceIsNone) {
  for (const std::string command :
       {"classify --network cnvW2A2 --count 3", "images --count 3 --out /dev/null"}) {
    EXPECT_THAT(on_stderr(command), Not(HasSubstr(kRewritten)));
  }
}

// The clock of a log is slower than this.
TEST(Progress, OfAFileHasNoEscapeCodes) {
  const auto finished = fluence("classify --network cnvW2A2 --engine rtl --count 3");
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_THAT(finished.err, Not(HasSubstr("\r")));
  EXPECT_THAT(finished.err, Not(HasSubstr("\033")));
}

}  // namespace
}  // namespace fluence::test
