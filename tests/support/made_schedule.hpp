// A schedule of a network that no RTL was recorded of: every stage takes a step as soon as its streams
// allow it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "fault/schedule.hpp"

namespace fluence::test {

/// Of so many images, each with a pattern of its own. The topology must outlive it.
inline Schedule made_schedule(const Topology& net, int images) {
  struct Progress {
    std::int64_t steps = 0, results = 0;
    std::vector<std::uint64_t> step_cycles, result_cycles;
  };
  const auto flow = dataflow(net);
  const auto works = stage_works(flow);
  std::vector<Progress> stages(works.size());
  const auto pushed = [&](std::size_t k, std::int64_t more) {
    return works[k].fold > 0 ? works[k].pushed(stages[k].steps, stages[k].results + more)
                             : works[k].pushed(stages[k].steps + more, 0);
  };
  const auto popped = [&](std::size_t k, std::int64_t more) {
    return works[k].popped(stages[k].steps + more);
  };
  std::uint64_t cycle = 0;
  for (; stages.back().results < images * works.back().results(); ++cycle) {
    auto next = stages;
    for (std::size_t k = 0; k < stages.size(); ++k) {
      const auto& work = works[k];
      const bool room =
          k + 1 == stages.size() || pushed(k, 0) - popped(k + 1, 0) < flow.streams[k].depth;
      const bool word = k == 0 || pushed(k - 1, 0) > popped(k, 0);
      const bool waits = work.fold > 0 && stages[k].steps / work.fold > stages[k].results;
      if (waits && room) {
        ++next[k].results;
        next[k].result_cycles.push_back(cycle);
      }
      const bool gives = work.fold == 0 && pushed(k, 1) > pushed(k, 0);
      if (stages[k].steps < images * work.steps && !(waits && !room) && !(gives && !room) &&
          (word || popped(k, 1) == popped(k, 0))) {
        ++next[k].steps;
        next[k].step_cycles.push_back(cycle);
      }
    }
    stages = std::move(next);
  }
  std::vector<StageSchedule> schedules;
  for (std::size_t k = 0; k < stages.size(); ++k) {
    const auto& work = works[k];
    auto& schedule = schedules.emplace_back();
    for (int image = 0; image < images; ++image) {
      const auto* cycles = &stages[k].step_cycles[static_cast<std::size_t>(image * work.steps)];
      std::vector<std::int64_t> offsets;
      for (std::int64_t i = 0; i < work.steps; ++i) {
        offsets.push_back(static_cast<std::int64_t>(cycles[i] - cycles[0]));
      }
      WorkPattern pattern{WorkPattern::runs_of(offsets), {}};
      for (std::int64_t i = 0; i < work.results(); ++i) {
        const auto leaves =
            stages[k].result_cycles[static_cast<std::size_t>(image * work.results() + i)];
        const auto late = static_cast<std::int64_t>(leaves - cycles[(i + 1) * work.fold - 1]) - 1;
        if (late > 0) {
          pattern.late.push_back({i, late});
        }
      }
      schedule.patterns.push_back(std::move(pattern));
      const bool last = image + 1 == images;
      schedule.spans.push_back(
          {last ? 0 : 1, static_cast<std::size_t>(image), cycles[0], last ? 2 * cycle : 0});
    }
  }
  return {net, "made", 3, std::move(schedules)};
}

}  // namespace fluence::test
