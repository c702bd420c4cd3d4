// How far long work is, on stderr.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "campaign/scenario.hpp"

namespace fluence {

/// One line that is rewritten on a terminal, a line now and then in a log. A terminal that cannot
/// rewrite a line (TERM=dumb) gets a log.
class StatusLine {
 public:
  using Clock = std::chrono::steady_clock;

  /// Where `elsewhere` is set, it gets the texts, as often as a terminal would.
  explicit StatusLine(std::function<void(const std::string&)> elsewhere = {});
  ~StatusLine() { end(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  [[nodiscard]] bool is_due(Clock::time_point now) const;
  /// Text in ASCII. On a terminal it is cut to the present width, for a wrapped line cannot be
  /// rewritten.
  void print(Clock::time_point now, const std::string& text);
  /// Leaves what was printed.
  void end();

 private:
  std::function<void(const std::string&)> elsewhere_;
  bool terminal_;
  bool rewrites_;
  bool open_ = false;  ///< the cursor is behind the text
  Clock::time_point shown_ = Clock::now();
};

/// Gets how far work is, in place of stderr, a few times a second and at its end.
using ProgressSink = std::function<void(std::int64_t done, std::int64_t total, const std::string& text)>;

/// How far work is: "search: 400/2000 evaluations, 2 bits, 35/s, 45 s left". The rate is that of the
/// last half minute, in the end that of the whole.
class Progress {
 public:
  using Clock = StatusLine::Clock;
  /// A total that only the end will tell: "recording: 400 images, 35/s".
  static constexpr std::int64_t kUnknown = -1;

  /// The clock starts. `items`: "evaluations"; `what`: "search", or empty.
  Progress(std::int64_t total, std::string items, const std::string& what = "", ProgressSink sink = {});

  /// What stands behind the items, as ", 2 bits".
  void set_state(std::string state) { state_ = std::move(state); }
  void set_total(std::int64_t total) { total_ = total; }
  /// The rate is that of `worked` in this unit, not of items: "15230 trial-images/s".
  void set_work(std::int64_t worked, std::string unit);
  /// Asked where the text says the time left, in place of the rate: "at least 45 s left".
  void set_left(std::function<std::string()> left) { left_ = std::move(left); }

  void set_done(std::int64_t done) { done_ = done; }
  /// Prints if it is time to.
  void show(std::int64_t done, Clock::time_point now = Clock::now());
  /// Ends the line, with how it stands if any was printed since, or in any case; a sink is always told.
  /// What was done is all there was, if the total was not known.
  void end(bool in_any_case = false);
  [[nodiscard]] std::string text(Clock::time_point now) const;

 private:
  struct Mark {
    Clock::time_point time;
    std::int64_t worked = 0;
  };
  [[nodiscard]] std::int64_t worked() const { return unit_.empty() ? done_ : worked_; }

  std::string what_, items_, state_, unit_;
  std::function<std::string()> left_;
  std::int64_t total_;
  std::int64_t done_ = 0;
  std::int64_t worked_ = 0;
  bool shown_ = false;
  ProgressSink sink_;
  StatusLine line_;
  std::deque<Mark> marks_ = {{Clock::now(), 0}};  ///< of the last half minute, and the start
};

/// That of a campaign: "1200/2400 trials (3 failed), 15230 trial-images/s, 1 min 20 s left".
class CampaignProgress {
 public:
  using Clock = StatusLine::Clock;

  /// `done`: trials that have been run before. `left[s]`: trials of scenario s that are still to be run.
  CampaignProgress(const std::vector<Scenario>& scenarios, int done, std::vector<int> left, int jobs,
                   ProgressSink sink = {});

  /// A trial of a scenario has finished; it kept its worker busy for `seconds`.
  void finished(int scenario, double seconds);
  /// One could not be evaluated.
  void failed(int scenario);
  /// A scenario needs no more trials; `discarded` that have finished count for nothing.
  void ended(int scenario, int discarded);
  /// Prints if it is time to.
  void show(Clock::time_point now) { line_.show(done_, now); }
  /// Prints the state once more and ends the line.
  void end() { line_.end(true); }

  /// Time left is estimated from the seconds an image that trials of the scenario took so far, or those
  /// of its engine and network; "at least" if one of these has not shown its pace yet and that of all
  /// others stands in.
  [[nodiscard]] std::string text(Clock::time_point now) const { return line_.text(now); }

 private:
  struct Pace {
    double seconds = 0;
    double images = 0;
  };
  void update();
  [[nodiscard]] std::string time_left() const;

  const std::vector<Scenario>* scenarios_;
  std::vector<int> left_;
  std::vector<Pace> paces_;
  int jobs_;
  int done_ = 0;
  int total_ = 0;
  int failed_ = 0;
  std::int64_t images_ = 0;
  Progress line_;
};

/// "45 s", "3 min 5 s", "2 h 10 min".
std::string duration_text(double seconds);

}  // namespace fluence
