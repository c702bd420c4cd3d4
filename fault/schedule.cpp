#include "fault/schedule.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "base/bits.hpp"

namespace fluence {
namespace {

// The first step of a run at `offset` or later, if the run never ends.
std::int64_t step_at(const WorkPattern::Run& run, std::int64_t offset) {
  const auto since = offset - run.cycle;
  return run.step + since / run.period * run.burst + std::min(since % run.period, run.burst);
}

std::int64_t cycle_of(const WorkPattern::Run& run, std::int64_t step) {
  const auto since = step - run.step;
  return run.cycle + since / run.burst * run.period + since % run.burst;
}

// A stage's schedule on its way into a Schedule; errors name the stage.
class Checker {
 public:
  Checker(const std::string& name, const StageWork& work) : name_(name), work_(work) {}

  void check(const StageSchedule& schedule) const {
    std::ranges::for_each(schedule.patterns, [&](const auto& pattern) { check(pattern); });
    require(!schedule.spans.empty(), "no images");
    const bool rounds = schedule.round.images > 0;
    std::uint64_t idle_from = 0;  // what comes next starts here at the earliest
    for (const auto& span : schedule.spans) {
      const bool last = &span == &schedule.spans.back();
      require(span.pattern < schedule.patterns.size() && span.images >= 0 &&
                  (last && !rounds) == (span.images == 0),
              "spans that are not all images");
      const auto& runs = schedule.patterns[span.pattern].runs;
      const auto busy = static_cast<std::uint64_t>(cycle_of(runs.back(), work_.steps - 1)) + 1;
      require(span.start >= idle_from && (span.images == 1 ? span.period == 0 : span.period >= busy),
              "images that overlap");
      idle_from = span.start +
                  static_cast<std::uint64_t>(std::max<std::int64_t>(span.images - 1, 0)) * span.period +
                  busy;
    }
    if (rounds) {
      const auto first = first_of_round(schedule);
      require(first != schedule.spans.end() && first->start + schedule.round.cycles >= idle_from,
              "rounds that are not of whole spans or overlap");
    }
  }

  // The span that a round begins with; the end if no span does.
  static std::vector<ImageSpan>::const_iterator first_of_round(const StageSchedule& schedule) {
    auto first = schedule.spans.end();
    for (auto left = schedule.round.images; left > 0 && first != schedule.spans.begin();) {
      left -= (--first)->images;
      if (left < 0) {
        return schedule.spans.end();
      }
      if (left == 0) {
        return first;
      }
    }
    return schedule.spans.end();
  }

 private:
  void check(const WorkPattern& pattern) const {
    const auto& runs = pattern.runs;
    require(!runs.empty() && runs.front().step == 0 && runs.front().cycle == 0 &&
                runs.back().step < work_.steps,
            "runs of steps that do not make an image");
    for (std::size_t i = 0; i < runs.size(); ++i) {
      require(runs[i].burst > 0 && runs[i].period >= runs[i].burst &&
                  (i == 0 || (runs[i].step > runs[i - 1].step &&
                              runs[i].cycle > cycle_of(runs[i - 1], runs[i].step - 1) + 1)),
              "runs of steps in no order");
    }
    std::int64_t last = -1;
    for (const auto& late : pattern.late) {
      require(late.result > last && late.result < work_.results() && late.cycles > 0,
              "late results in no order");
      last = late.result;
    }
  }
  void require(bool good, const char* what) const {
    if (!good) {
      throw std::logic_error("stage " + name_ + " has " + what);
    }
  }

  const std::string& name_;
  const StageWork& work_;
};

}  // namespace

std::int64_t images_of_round(const Topology& net) {
  constexpr std::int64_t kBurstWords = 16;
  const auto round = [](int words) { return kBurstWords / std::gcd(kBurstWords, std::int64_t{words}); };
  return std::lcm(round(net.stored_image().words()), round(net.score_words()));
}

std::vector<WorkPattern::Run> WorkPattern::runs_of(const std::vector<std::int64_t>& cycles) {
  std::vector<Run> runs;
  const auto count = std::ssize(cycles);
  const auto at = [&](std::int64_t i) { return cycles[index(i)]; };
  const auto burst_end = [&](std::int64_t i) {
    for (++i; i < count && at(i) == at(i - 1) + 1; ++i) {
    }
    return i;
  };
  for (std::int64_t first = 0; first < count;) {
    const auto second = burst_end(first);
    Run run{first, at(first), 1, 1};
    auto end = second;
    if (second < count) {
      const Run repeated{first, at(first), second - first, at(second) - at(first)};
      // Whole bursts of this length, and perhaps a shorter one.
      for (auto next = second; next < count && at(next) == cycle_of(repeated, next); end = next) {
        next = burst_end(next);
        if (next - end > repeated.burst) {
          break;
        }
      }
      run = end > second ? repeated : run;
    }
    runs.push_back(run);
    first = end;
  }
  return runs;
}

Schedule::Schedule(const Topology& net, std::string rtl, std::uint64_t tail,
                   std::vector<StageSchedule> stages)
    : net_(&net), rtl_(std::move(rtl)), tail_(tail), stages_(std::move(stages)) {
  const auto flow = dataflow(net);
  works_ = stage_works(flow);
  units_ = flow.units;
  if (stages_.size() != works_.size()) {
    throw std::logic_error("it has " + std::to_string(stages_.size()) + " stages");
  }
  for (std::size_t k = 0; k < stages_.size(); ++k) {
    names_.push_back(flow.stages[k].name);
    Checker(names_[k], works_[k]).check(stages_[k]);
    auto& numbered = spans_.emplace_back();
    std::int64_t image = 0;
    for (const auto& span : stages_[k].spans) {
      numbered.push_back({span, image});
      image += span.images;
    }
  }
}

const Schedule::Numbered& Schedule::last_part(std::size_t stage) const {
  const auto& round = stages_[stage].round;
  const auto& last = spans_[stage].back();
  if (round.images == 0) {
    return last;
  }
  const auto first = last.first_image + last.span.images - round.images;
  return *std::ranges::find(spans_[stage], first, &Numbered::first_image);
}

std::int64_t Schedule::periodic_from() const {
  std::int64_t image = 0;
  for (std::size_t k = 0; k < spans_.size(); ++k) {
    image = std::max(image, last_part(k).first_image);
  }
  return image;
}

std::uint64_t Schedule::period() const {
  const auto& writer = stages_.back();
  return writer.round.images > 0 ? writer.round.cycles / static_cast<std::uint64_t>(writer.round.images)
                                 : writer.spans.back().period;
}

std::uint64_t Schedule::run_length(int images) const {
  const auto writer = stages_.size() - 1;
  return step_cycle(writer, images - 1, works_[writer].steps - 1) + tail_;
}

Schedule::Place Schedule::place_of(std::size_t stage, std::int64_t image) const {
  std::int64_t rounds = 0;
  if (const auto& round = stages_[stage].round; round.images > 0) {
    rounds = std::max<std::int64_t>(0, image - last_part(stage).first_image) / round.images;
    image -= rounds * round.images;
  }
  return {*std::prev(std::ranges::upper_bound(spans_[stage], image, {}, &Numbered::first_image)),
          rounds};
}

std::uint64_t Schedule::step_cycle(std::size_t stage, std::int64_t image, std::int64_t step) const {
  const auto [numbered, rounds] = place_of(stage, image);
  const auto& [span, first] = numbered;
  const auto& round = stages_[stage].round;
  const auto& runs = stages_[stage].patterns[span.pattern].runs;
  const auto& run = *std::prev(std::ranges::upper_bound(runs, step, {}, &WorkPattern::Run::step));
  return span.start + static_cast<std::uint64_t>(rounds) * round.cycles +
         static_cast<std::uint64_t>(image - rounds * round.images - first) * span.period +
         static_cast<std::uint64_t>(cycle_of(run, step));
}

std::uint64_t Schedule::result_cycle(std::size_t stage, std::int64_t image, std::int64_t result) const {
  const auto fold = works_[stage].fold;
  const auto& lates = stages_[stage].patterns[place_of(stage, image).numbered.span.pattern].late;
  const auto late = std::ranges::lower_bound(lates, result, {}, &WorkPattern::Late::result);
  const bool is_late = late != lates.end() && late->result == result;
  return step_cycle(stage, image, result * fold + fold - 1) + 1 +
         static_cast<std::uint64_t>(is_late ? late->cycles : 0);
}

std::int64_t Schedule::steps_before(std::size_t stage, std::uint64_t cycle) const {
  const auto& spans = spans_[stage];
  std::int64_t of_rounds = 0;
  if (const auto& round = stages_[stage].round; round.images > 0) {
    const auto start = last_part(stage).span.start;
    const auto rounds = cycle > start ? (cycle - start) / round.cycles : 0;
    cycle -= rounds * round.cycles;
    of_rounds = static_cast<std::int64_t>(rounds) * round.images * works_[stage].steps;
  }
  const auto after = std::ranges::upper_bound(
      spans, cycle, {}, [](const Numbered& numbered) { return numbered.span.start; });
  if (after == spans.begin()) {
    return 0;
  }
  const auto& [span, first] = *std::prev(after);
  auto repeat = span.period == 0 ? 0 : static_cast<std::int64_t>((cycle - span.start) / span.period);
  if (span.images > 0) {
    repeat = std::min(repeat, span.images - 1);
  }
  const auto offset =
      static_cast<std::int64_t>(cycle - span.start - static_cast<std::uint64_t>(repeat) * span.period);
  const auto& runs = stages_[stage].patterns[span.pattern].runs;
  const auto next = std::ranges::upper_bound(runs, offset, {}, &WorkPattern::Run::cycle);
  const auto end = next == runs.end() ? works_[stage].steps : next->step;
  return of_rounds + (first + repeat) * works_[stage].steps +
         std::min(step_at(*std::prev(next), offset), end);
}

// A result that is not complete before this cycle leaves after it. Of those that are, only the latest
// can still be waiting: the ones before it had to leave for its steps to be taken.
std::int64_t Schedule::results_before(std::size_t stage, std::uint64_t cycle) const {
  const auto& work = works_[stage];
  const auto complete = steps_before(stage, cycle) / work.fold;
  if (complete == 0) {
    return 0;
  }
  const auto an_image = work.steps / work.fold;
  const auto latest = complete - 1;
  return result_cycle(stage, latest / an_image, latest % an_image) >= cycle ? latest : complete;
}

FirstRead Schedule::first_read(const Site& site, std::uint64_t cycle) const {
  return fluence::first_read(net_->layer(site.layer), unit(site.layer), site,
                             ScheduledCounts(*this, cycle, std::numeric_limits<int>::max()));
}

}  // namespace fluence
