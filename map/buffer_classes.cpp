#include "map/buffer_classes.hpp"

#include <algorithm>
#include <utility>

#include "base/bits.hpp"

namespace fluence {

/// Those of a stage.
class BufferClasses::Counts final : public StageCounts {
 public:
  Counts(std::int64_t steps, std::int64_t results) : steps_(steps), results_(results) {}
  [[nodiscard]] std::int64_t steps(std::size_t) const override { return steps_; }
  [[nodiscard]] std::int64_t results(std::size_t) const override { return results_; }

 private:
  std::int64_t steps_, results_;
};

namespace {

// Whether all bits of a word have the same spans. The bits of a register that words move through do
// not, nor need those of a stream's word be bits of one pixel.
bool alike(Space space) { return space != Space::stream && space != Space::fifo; }

}  // namespace

BufferClasses::BufferClasses(const Schedule& schedule)
    : schedule_(&schedule), flow_(dataflow(schedule.net())), lifetimes_(flow_) {}

// An event in a cycle is seen from the next one on. Before its first one a stage holds nothing of an
// image, behind its last one neither.
std::vector<BufferClasses::Moment> BufferClasses::moments(std::size_t stage, int image) const {
  const auto& work = schedule_->works()[stage];
  std::vector<std::pair<std::uint64_t, bool>> events;  // cycle, whether it is a result
  events.reserve(index(work.steps + work.results()));
  for (std::int64_t step = 0; step < work.steps; ++step) {
    events.emplace_back(schedule_->step_cycle(stage, image, step), false);
  }
  for (std::int64_t result = 0; result < work.results(); ++result) {
    events.emplace_back(schedule_->result_cycle(stage, image, result), true);
  }
  std::ranges::sort(events);
  std::vector<Moment> moments;
  auto steps = image * work.steps;
  auto results = image * work.results();
  for (std::size_t i = 0; i < events.size(); ++i) {
    (events[i].second ? results : steps) += 1;
    if (i + 1 < events.size() && events[i + 1].first > events[i].first) {
      moments.push_back({{events[i].first + 1, events[i + 1].first + 1}, steps, results});
    }
  }
  return moments;
}

void BufferClasses::stored_in_stage(const StateArray& array, int image, const Visit& visit) const {
  const auto stage = *array.stage;
  const auto all = moments(stage, image);
  const int bits = alike(array.space) ? array.bits : 1;
  std::vector<Transient> flips;
  std::vector<Transient> next;
  WordClass now;
  now.bits = bits;
  const auto end = [&](std::uint64_t cycle) {
    now.span.until = cycle;
    if (!flips.empty() && !now.span.empty()) {
      now.flips = flips;
      visit(now);
    }
    flips.clear();
  };
  for (int module = 0; module < array.modules; ++module) {
    for (int word = 0; word < array.words; ++word) {
      for (int bit = 0; bit < array.bits; bit += bits) {
        now.site = {array.space, array.layer, array.first_module + module, word, 0, bit};
        for (const auto& moment : all) {
          next.clear();
          lifetimes_.follow(now.site, Counts(moment.steps, moment.results), image + 1, next);
          std::erase_if(next, [&](const Transient& flip) { return flip.image != image; });
          if (next != flips) {
            end(moment.span.from);
            flips.swap(next);
            now.span.from = moment.span.from;
          }
        }
        if (!all.empty()) {
          end(all.back().span.until);
        }
      }
    }
  }
}

void BufferClasses::stored_in_fifo(const StateArray& array, int image, const Visit& visit) const {
  const auto stream = *array.stream;
  const auto& giver = schedule_->works()[stream];
  const auto& taker = schedule_->works()[stream + 1];
  std::vector<std::uint64_t> pushes;
  std::vector<std::uint64_t> pops;
  if (giver.fold > 0) {
    for (std::int64_t i = 0; i < giver.results(); ++i) {
      pushes.push_back(schedule_->result_cycle(stream, image, i));
    }
  } else {
    for (std::int64_t i = 0; i < giver.steps; ++i) {
      if (giver.pushed(i + 1, 0) > giver.pushed(i, 0)) {
        pushes.push_back(schedule_->step_cycle(stream, image, i));
      }
    }
  }
  for (std::int64_t i = 0; i < taker.steps; ++i) {
    if (taker.popped(i + 1) > taker.popped(i)) {
      pops.push_back(schedule_->step_cycle(stream + 1, image, i));
    }
  }
  const auto depth = std::int64_t{array.words};
  const auto words = std::int64_t{flow_.streams[stream].words};
  const auto first = image * words;
  std::vector<Transient> flips;
  WordClass now;
  for (std::int64_t slot = 0; slot < depth; ++slot) {
    const auto begin = ((slot - first) % depth + depth) % depth;  // this slot's first word of the image
    for (int bit = 0; bit < array.bits; ++bit) {
      now.site = {array.space, array.layer, array.first_module, static_cast<int>(slot), 0, bit};
      for (auto word = begin; word < words; word += depth) {
        now.span = {pushes[index(word)] + 1, pops[index(word)] + 1};
        if (now.span.empty()) {
          continue;
        }
        // Further images would be in the way behind the run's last one.
        const ScheduledCounts counts(*schedule_, now.span.from, image + 1);
        flips.clear();
        lifetimes_.follow(now.site, counts, image + 1, flips);
        if (!flips.empty()) {
          now.flips = flips;
          visit(now);
        }
      }
    }
  }
}

void BufferClasses::for_each(const StateArray& array, int image, const Visit& visit) const {
  if (array.stage) {
    stored_in_stage(array, image, visit);
  } else {
    stored_in_fifo(array, image, visit);
  }
}

}  // namespace fluence
