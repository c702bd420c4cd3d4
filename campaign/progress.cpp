#include "campaign/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <map>
#include <numeric>
#include <utility>

#include "base/terminal.hpp"

namespace fluence {
namespace {

constexpr auto kTerminalInterval = std::chrono::milliseconds(250);
constexpr auto kLogInterval = std::chrono::seconds(10);
constexpr auto kRateInterval = std::chrono::seconds(30);
constexpr auto kMarkInterval = std::chrono::seconds(1);
constexpr int kUsualColumns = 80;
constexpr double kSlow = 9.995;  // rates below it have decimals

// Of a terminal; asked each time, for a window may change its size.
int columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsualColumns;
}

}  // namespace

std::string duration_text(double seconds) {
  const auto s = std::llround(seconds);
  if (s < 60) {
    return std::to_string(s) + " s";
  }
  if (s < 3600) {
    return std::to_string(s / 60) + " min " + std::to_string(s % 60) + " s";
  }
  return std::to_string(s / 3600) + " h " + std::to_string(s % 3600 / 60) + " min";
}

StatusLine::StatusLine(std::function<void(const std::string&)> elsewhere)
    : elsewhere_(std::move(elsewhere)),
      terminal_(::isatty(STDERR_FILENO) == 1),
      rewrites_(takes_escapes(STDERR_FILENO)) {}

bool StatusLine::is_due(Clock::time_point now) const {
  return now - shown_ >=
         (rewrites_ || elsewhere_ ? Clock::duration(kTerminalInterval) : Clock::duration(kLogInterval));
}

void StatusLine::print(Clock::time_point now, const std::string& text) {
  shown_ = now;
  if (elsewhere_) {
    elsewhere_(text);
    return;
  }
  const auto cut = terminal_ ? text.substr(0, static_cast<std::size_t>(columns() - 1)) : text;
  std::fprintf(stderr, rewrites_ ? "\r\033[K%s" : "%s\n", cut.c_str());
  std::fflush(stderr);
  open_ = rewrites_;
}

void StatusLine::end() {
  if (std::exchange(open_, false)) {
    std::fputc('\n', stderr);
  }
}

Progress::Progress(std::int64_t total, std::string items, const std::string& what, ProgressSink sink)
    : what_(what.empty() ? "" : what + ": "),
      items_(std::move(items)),
      total_(total),
      sink_(std::move(sink)),
      line_(sink_ ? [this](const std::string& text) { sink_(done_, total_, text); }
                  : std::function<void(const std::string&)>()) {}

void Progress::set_work(std::int64_t worked, std::string unit) {
  worked_ = worked;
  unit_ = std::move(unit);
}

void Progress::show(std::int64_t done, Clock::time_point now) {
  done_ = done;
  if (now - marks_.back().time >= kMarkInterval) {
    marks_.push_back({now, worked()});
    while (marks_.size() > 2 && now - marks_[1].time > kRateInterval) {
      marks_.erase(marks_.begin() + 1);  // the start stays
    }
  }
  if (line_.is_due(now)) {
    line_.print(now, text(now));
    shown_ = true;
  }
}

void Progress::end(bool in_any_case) {
  total_ = total_ == kUnknown ? done_ : total_;
  if (std::exchange(shown_, false) || in_any_case || sink_) {
    const auto now = Clock::now();
    line_.print(now, text(now));
    line_.end();
  }
}

std::string Progress::text(Clock::time_point now) const {
  const bool over = done_ == total_;
  const auto seconds = [&](Clock::time_point from) {
    return std::chrono::duration<double>(now - from).count();
  };
  const auto of = total_ == kUnknown ? "" : fmt::format("/{}", total_);
  auto text = fmt::format("{}{}{} {}{}", what_, done_, of, items_, state_);
  const auto& since = over || marks_.size() < 2 ? marks_[0] : marks_[1];
  if (worked() == 0 || now <= since.time) {
    return text;
  }
  const auto rate = static_cast<double>(worked() - since.worked) / seconds(since.time);
  text += fmt::format(", {:.{}f}{}/s", rate, rate < kSlow ? 2 : 0, unit_.empty() ? "" : " " + unit_);
  if (over) {
    return text + ", took " + duration_text(seconds(marks_[0].time));
  }
  if (left_) {
    return text + ", " + left_();
  }
  return total_ == kUnknown || rate <= 0
             ? text
             : text + ", " + duration_text(static_cast<double>(total_ - done_) / rate) + " left";
}

CampaignProgress::CampaignProgress(const std::vector<Scenario>& scenarios, int done,
                                   std::vector<int> left, int jobs, ProgressSink sink)
    : scenarios_(&scenarios),
      left_(std::move(left)),
      paces_(scenarios.size()),
      jobs_(jobs),
      done_(done),
      total_(std::accumulate(left_.begin(), left_.end(), done)),
      line_(total_, "trials", "", std::move(sink)) {
  line_.set_left([this] { return time_left(); });
  update();
}

void CampaignProgress::finished(int scenario, double seconds) {
  const auto s = static_cast<std::size_t>(scenario);
  const int images = (*scenarios_)[s].draw_plan.images;
  paces_[s].seconds += seconds;
  paces_[s].images += images;
  images_ += images;
  --left_[s];
  ++done_;
  update();
}

void CampaignProgress::failed(int scenario) {
  --left_[static_cast<std::size_t>(scenario)];
  ++done_;
  ++failed_;
  update();
}

void CampaignProgress::ended(int scenario, int discarded) {
  auto& left = left_[static_cast<std::size_t>(scenario)];
  done_ -= discarded;
  total_ -= left + discarded;
  left = 0;
  update();
}

std::string CampaignProgress::time_left() const {
  std::map<std::pair<EngineKind, const Topology*>, Pace> groups;
  Pace all;
  for (std::size_t s = 0; s < paces_.size(); ++s) {
    auto& group = groups[{(*scenarios_)[s].engine, (*scenarios_)[s].net}];
    for (auto* sum : {&group, &all}) {
      sum->seconds += paces_[s].seconds;
      sum->images += paces_[s].images;
    }
  }
  double seconds = 0;
  bool known = true;  // has each engine and network shown its pace?
  for (std::size_t s = 0; s < paces_.size(); ++s) {
    const auto& scenario = (*scenarios_)[s];
    const auto& group = groups.at({scenario.engine, scenario.net});
    const auto& pace = paces_[s].images > 0 ? paces_[s] : group.images > 0 ? group : all;
    if (pace.images > 0) {
      seconds += left_[s] * static_cast<double>(scenario.draw_plan.images) * pace.seconds / pace.images;
    }
    known = known && (left_[s] == 0 || group.images > 0);
  }
  return (known ? "" : "at least ") + duration_text(seconds / jobs_) + " left";
}

void CampaignProgress::update() {
  line_.set_state(failed_ > 0 ? " (" + std::to_string(failed_) + " failed)" : "");
  line_.set_total(total_);
  line_.set_work(images_, "trial-images");
  line_.set_done(done_);
}

}  // namespace fluence
