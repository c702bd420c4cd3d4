#include "campaign/progress.hpp"

#include <gmock/gmock.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace fluence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<Scenario> told_scenarios() {
  Scenario fast{EngineKind::fast, &topology("cnvW1A1"), {}, 100};
  fast.draw_plan.images = 10;
  Scenario rtl{EngineKind::rtl, &topology("cnvW1A1"), {}, 10};
  rtl.draw_plan.images = 2;
  return {fast, rtl};
}

TEST(CampaignProgress, SaysRateAndTimeLeft) {
  const auto all = told_scenarios();
  CampaignProgress progress(all, 20, {80, 10}, 2);  // 20 trials were there before
  const auto start = CampaignProgress::Clock::now();
  EXPECT_EQ(progress.text(start), "20/110 trials");
  for (int i = 0; i < 40; ++i) {
    progress.finished(0, 1.0);
  }
  // 40 trials of 10 images left at 0.1 s an image; the 10 of the other engine, 2 images each, are
  // guessed.
  const auto text = progress.text(start + std::chrono::seconds(20));
  EXPECT_THAT(text, HasSubstr("60/110 trials, 20 trial-images/s, at least 21 s left"));
  progress.finished(1, 60.0);
  // Now it is known: 40 s of the one and 9 minutes of the other, on two workers.
  EXPECT_THAT(progress.text(start + std::chrono::seconds(20)), HasSubstr(", 4 min 50 s left"));
}

TEST(CampaignProgress, RateIsThatOfTheLastHalfMinute) {
  const auto all = told_scenarios();
  CampaignProgress progress(all, 10, {100, 0}, 1);
  const auto start = CampaignProgress::Clock::now();
  for (int i = 0; i < 60; ++i) {
    progress.finished(0, 1.0);
  }
  for (int second = 1; second <= 60; ++second) {
    progress.show(start + std::chrono::seconds(second));
  }
  for (int i = 0; i < 39; ++i) {
    progress.finished(0, 1.0);
  }
  EXPECT_THAT(progress.text(start + std::chrono::seconds(69)), HasSubstr(", 10 trial-images/s"));
  progress.finished(0, 1.0);
  EXPECT_THAT(progress.text(start + std::chrono::seconds(100)),
              HasSubstr("110/110 trials, 10 trial-images/s, took 1 min 40 s"));
}

TEST(CampaignProgress, CountsTrialsThatFailed) {
  const auto all = told_scenarios();
  CampaignProgress progress(all, 20, {80, 10}, 2);
  progress.failed(0);
  EXPECT_EQ(progress.text(CampaignProgress::Clock::now()), "21/110 trials (1 failed)");
}

TEST(Progress, SaysRateAndTimeLeft) {
  const auto start = Progress::Clock::now();
  Progress progress(400, "cases", "search");
  EXPECT_EQ(progress.text(start), "search: 0/400 cases");
  progress.show(100, start);
  progress.set_state(", 2 bits");
  EXPECT_EQ(progress.text(start + std::chrono::seconds(50)),
            "search: 100/400 cases, 2 bits, 2.00/s, 2 min 30 s left");
  progress.show(400, start);
  EXPECT_EQ(progress.text(start + std::chrono::seconds(50)),
            "search: 400/400 cases, 2 bits, 8.00/s, took 50 s");
}

// Of anything: what has been slow at first is not said to be slow for ever.
TEST(Progress, RateIsThatOfTheLastHalfMinute) {
  const auto start = Progress::Clock::now();
  Progress progress(1000, "images");
  for (int second = 1; second <= 60; ++second) {
    progress.show(second, start + std::chrono::seconds(second));
  }
  progress.set_done(530);  // from second 30 on 10 a second
  EXPECT_EQ(progress.text(start + std::chrono::seconds(80)), "530/1000 images, 10/s, 47 s left");
}

TEST(Progress, OfWorkWhoseAmountNobodyKnowsSaysTheRate) {
  const auto start = Progress::Clock::now();
  Progress progress(Progress::kUnknown, "images", "recording");
  EXPECT_EQ(progress.text(start), "recording: 0 images");
  progress.show(100, start);
  EXPECT_EQ(progress.text(start + std::chrono::seconds(50)), "recording: 100 images, 2.00/s");
  progress.end();  // then it is known
  EXPECT_EQ(progress.text(start + std::chrono::seconds(60)),
            "recording: 100/100 images, 1.67/s, took 1 min 0 s");
}

TEST(Progress, TellsSomebodyElseAsOftenAsATerminal) {
  std::vector<std::string> told;
  const auto start = Progress::Clock::now();
  Progress progress(
      400, "cases", "search", [&](std::int64_t done, std::int64_t total, const std::string& text) {
        told.push_back(std::to_string(done) + " of " + std::to_string(total) + ": " + text);
      });
  progress.show(100, start);
  EXPECT_TRUE(told.empty()) << "it has just begun";
  progress.show(100, start + std::chrono::seconds(1));
  progress.show(200, start + std::chrono::milliseconds(1100));
  EXPECT_THAT(told, ElementsAre("100 of 400: search: 100/400 cases, 100/s, 3 s left"));
  progress.end();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_THAT(told.back(), StartsWith("200 of 400: search: 200/400 cases"));
}

// What a status line sends to a terminal of so many columns.
std::string sent_to_terminal(const char* kind, unsigned short columns) {
  winsize size{};
  size.ws_col = columns;
  size.ws_row = 10;
  int terminal = 0;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) {
    ::setenv("TERM", kind, 1);
    const auto now = StatusLine::Clock::now();
    StatusLine line;
    line.print(now, "12/3000 trials, 10 trial-images/s, 3 min 20 s left");
    size.ws_col = 10;  // the window is made smaller
    ::ioctl(STDERR_FILENO, TIOCSWINSZ, &size);
    line.print(now, "13/3000 trials, 10 trial-images/s, 3 min 20 s left");
    line.end();
    ::_exit(0);
  }
  std::string text;
  char block[256];
  for (ssize_t n = 0; (n = ::read(terminal, block, sizeof block)) > 0;) {
    text.append(block, static_cast<std::size_t>(n));
  }
  ::close(terminal);
  ::waitpid(child, nullptr, 0);
  return text;
}

TEST(StatusLine, IsCutToTheTerminalsWidthAndRewritten) {
  EXPECT_EQ(sent_to_terminal("xterm", 30), "\r\033[K12/3000 trials, 10 trial-imag\r\033[K13/3000 t\r\n");
}

TEST(StatusLine, OnADumbTerminalHasNoEscapeCodes) {
  EXPECT_EQ(sent_to_terminal("dumb", 30), "12/3000 trials, 10 trial-imag\r\n13/3000 t\r\n");
}

TEST(Progress, DurationsReadWell) {
  EXPECT_EQ(duration_text(0.2), "0 s");
  EXPECT_EQ(duration_text(59.4), "59 s");
  EXPECT_EQ(duration_text(185), "3 min 5 s");
  EXPECT_EQ(duration_text(7800), "2 h 10 min");
}

}  // namespace
}  // namespace fluence
