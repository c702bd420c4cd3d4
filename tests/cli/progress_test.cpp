// How far long work is, as a user sees it.
#include <gmock/gmock.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/cli/command.hpp"

namespace fluence::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

// What `fluence <arguments>` writes to stderr if that is a terminal that can rewrite a line.
std::string on_terminal(const std::string& arguments) {
  int terminal = 0;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    ::setenv("TERM", "xterm", 1);
    const auto command = "exec '" FLUENCE_BINARY "' " + arguments + " >/dev/null";
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  std::string text;
  char block[256];
  for (ssize_t n = 0; (n = ::read(terminal, block, sizeof block)) > 0;) {
    text.append(block, static_cast<std::size_t>(n));
  }
  ::close(terminal);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << text;
  return text;
}

constexpr auto kRewritten = "\r\033[K";

TEST(Progress, OfClassifyingOnTheRtl) {
  const auto shown = on_terminal("classify --network cnvW2A2 --engine rtl --count 20");
  EXPECT_THAT(shown, ContainsRegex("\033.K[1-9][0-9]?/20 images, [0-9.]+/s, [0-9]+ s left\r"));
  EXPECT_THAT(shown, ContainsRegex("\033.K20/20 images, [0-9.]+/s, took [0-9]+ s\r\n20 images in"));
}

TEST(Progress, OfClassifyingByFirmwareLeavesItsLinesWhole) {
  const auto shown = on_terminal("classify --network cnvW2A2 --engine rtl --host arm --count 20");
  EXPECT_THAT(shown, ContainsRegex("\033.K[1-9][0-9]?/20 images, [0-9.]+/s, [0-9]+ s left\r"));
  EXPECT_THAT(shown, ContainsRegex("\033.K20/20 images, [0-9.]+/s, took [0-9]+ s\r\nuart: "));
  EXPECT_THAT(shown, ContainsRegex("\n20 images in"));
}

TEST(Progress, OfClassifyingOnTheFastEngine) {
  const auto shown = on_terminal("classify --network cnvW2A2 --count 5000");
  EXPECT_THAT(shown, ContainsRegex("\033.K[0-9]+/5000 images, [0-9]+/s, [0-9]+ s left\r"));
}

TEST(Progress, OfCalibrating) {
  const TempDir dir;
  const auto shown = on_terminal("calibrate --network cnvW2A2 --out " + dir.file("s"));
  EXPECT_THAT(shown, ContainsRegex("\033.Krecording cnvW2A2: [1-9] images, [0-9.]+/s\r"));
  EXPECT_THAT(shown, ContainsRegex(
                         "recording cnvW2A2: ([0-9]+)/([0-9]+) images, [0-9.]+/s, took [0-9]+ s\r\n$"));
}

TEST(Progress, OfDrawingImages) {
  const auto shown = on_terminal("images --count 8000 --out /dev/null");
  EXPECT_THAT(shown, ContainsRegex("\033.K[0-9]+/8000 images, [0-9]+/s, [0-9]+ s left\r"));
}

TEST(Progress, OfWhatIsOverAtOnceIsNone) {
  for (const std::string command :
       {"classify --network cnvW2A2 --count 3", "images --count 3 --out /dev/null"}) {
    EXPECT_THAT(on_terminal(command), Not(HasSubstr(kRewritten)));
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
