#include "platform/calibrate.hpp"

#include <algorithm>
#include <span>
#include <stdexcept>
#include <utility>

#include "fluence/accel_regs.h"
#include "platform/platform.hpp"

namespace fluence {
namespace {

constexpr int kRepeats = 3;  // images like the one before them, until the pattern is believed
constexpr int kMostRecorded = 4000;

// As slow as the platform's memory. No timing depends on the data.
class ZeroMemory final : public AxiMemory {
 public:
  Reply read(std::uint64_t /*address*/, std::span<std::uint64_t> words) override {
    std::ranges::fill(words, 0);
    return {true, kLatency};
  }
  Reply write(std::uint64_t /*address*/, std::span<const std::uint64_t> /*words*/) override {
    return {true, kLatency};
  }

 private:
  static constexpr unsigned kLatency = PlatformOptions{}.memory_latency_cycles;
};

struct Recording {
  ScheduleRecorder recorder;
  std::uint64_t run_length = 0;  ///< so far
};

// Runs until `enough(recorder)`, at most `images` images.
template <class Enough>
Recording record(const Topology& net, int images, Enough enough) {
  ZeroMemory memory;
  const auto model = RtlModel::create(net, memory);
  bool ok = true;
  model->write_register(FL_ACCEL_DO_INIT, FL_ACCEL_DO_INIT_COMPUTE, ok);
  model->write_register(FL_ACCEL_NUM_REPS, static_cast<std::uint32_t>(images), ok);
  model->write_register(FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START, ok);
  ScheduleRecorder recorder(net);
  // The register access has clocked a few cycles, in which no word can have come.
  for (; model->busy() && !enough(recorder); model->step(1)) {
    recorder.sample(model->cycle() - model->run_start(), model->streams());
  }
  return {std::move(recorder), model->cycle() - model->run_start()};
}

// From the entry of the last score word into the memory writer to the run's end: alike for all runs, as
// the writer ends each image with its own burst.
std::uint64_t record_tail(const Topology& net) {
  const auto [recorder, length] = record(net, 1, [](const ScheduleRecorder&) { return false; });
  return length - recorder.last_entry();
}

}  // namespace

ScheduleRecorder::ScheduleRecorder(const Topology& net)
    : net_(&net), round_(images_of_round(net)), last_signatures_(static_cast<std::size_t>(round_)) {
  const auto flow = dataflow(net);
  const auto works = stage_works(flow);
  for (std::size_t k = 0; k < flow.stages.size(); ++k) {
    watches_.emplace_back(works[k], flow.stages[k].name, k == 0 ? 0 : flow.streams[k - 1].depth,
                          k == flow.streams.size() ? 0 : flow.streams[k].depth);
    watches_.back().rounds = round_ > 1;
  }
}

void ScheduleRecorder::sample(std::uint64_t run_cycle, const std::vector<StreamStatus>& streams) {
  for (const auto& s : streams) {
    const auto status = static_cast<std::uint64_t>(s.fill) << 2 |
                        static_cast<std::uint64_t>(s.valid_in) << 1 |
                        static_cast<std::uint64_t>(s.ready_out);
    signature_ = (signature_ ^ status) * 0x9e3779b97f4a7c15;  // an odd factor loses nothing
    signature_ ^= signature_ >> 32;
  }
  const auto images_before = images();
  for (std::size_t k = 0; k < watches_.size(); ++k) {
    auto& watch = watches_[k];
    StageSignals signals;
    signals.cycle = run_cycle;
    if (watch.in_depth > 0) {
      signals.in_ready = streams[k - 1].ready_out;
      signals.in_has_word = streams[k - 1].fill > 0;
      signals.pops = signals.in_ready && signals.in_has_word;
    }
    if (watch.out_depth > 0) {
      signals.out_valid = streams[k].valid_in;
      signals.out_full = streams[k].fill == watch.out_depth;
      signals.pushes = signals.out_valid && !signals.out_full;
    }
    watch.done.kind->observe(signals, watch.name, watch);
  }
  if (images() != images_before) {
    auto& last = last_signatures_[static_cast<std::size_t>(images() % round_)];
    repeats_ = signature_ == last ? repeats_ + 1 : 0;
    last = std::exchange(signature_, 0);
  }
}

void ScheduleRecorder::Watch::take_step(std::uint64_t cycle) {
  if (cycles.empty()) {
    start = cycle;
  }
  cycles.push_back(static_cast<std::int64_t>(cycle - start));
  last_step = cycle;
  close_if_done();
}

// In force for the latest step's result: the next step waits until it has left.
void ScheduleRecorder::Watch::give_result(std::uint64_t cycle) {
  if (cycle != last_step + 1) {
    open.late.push_back({given, static_cast<std::int64_t>(cycle - last_step - 1)});
  }
  ++given;
  close_if_done();
}

void ScheduleRecorder::Watch::close_if_done() {
  if (steps() != done.steps || given != done.results()) {
    return;
  }
  auto& patterns = seen.patterns;
  auto& spans = seen.spans;
  open.runs = WorkPattern::runs_of(cycles);
  const auto known = std::ranges::find(patterns, open);
  const auto pattern = static_cast<std::size_t>(known - patterns.begin());
  if (known == patterns.end()) {
    patterns.push_back(std::move(open));
  }
  add_image(spans, pattern, start);
  if (rounds) {
    each.push_back({1, pattern, start, 0});
  }
  ++images;
  open = {};
  length = cycles.back() + 1;
  cycles.clear();
  given = 0;
}

void ScheduleRecorder::add_image(std::vector<ImageSpan>& spans, std::size_t pattern,
                                 std::uint64_t start) {
  auto* span = spans.empty() ? nullptr : &spans.back();
  if (span != nullptr && span->pattern == pattern && span->images == 1) {
    span->period = start - span->start;
    ++span->images;
  } else if (span != nullptr && span->pattern == pattern &&
             start == span->start + static_cast<std::uint64_t>(span->images) * span->period) {
    ++span->images;
  } else {
    spans.push_back({1, pattern, start, 0});
  }
}

// The last images repeat those of a round before.
StageSchedule ScheduleRecorder::in_rounds(const Watch& watch, std::int64_t round) {
  StageSchedule schedule{watch.seen.patterns, {}, {}};
  const auto count = std::ssize(watch.each);
  const auto at = [&](std::int64_t image) -> const ImageSpan& {
    return watch.each[static_cast<std::size_t>(image)];
  };
  if (count < 2 * round) {
    throw std::logic_error("stage " + watch.name + " was seen for too few images");
  }
  const auto cycles = at(count - 1).start - at(count - 1 - round).start;
  for (auto image = count - round; image < count; ++image) {
    if (at(image).pattern != at(image - round).pattern ||
        at(image).start != at(image - round).start + cycles) {
      throw std::logic_error("stage " + watch.name + " does not repeat its images in rounds");
    }
  }
  std::vector<ImageSpan> repeated;
  for (std::int64_t image = 0; image < count; ++image) {
    add_image(image < count - round ? schedule.spans : repeated, at(image).pattern, at(image).start);
  }
  schedule.spans.insert(schedule.spans.end(), repeated.begin(), repeated.end());
  schedule.round = {round, cycles};
  return schedule;
}

bool ScheduleRecorder::periodic() const { return repeats_ >= kRepeats * round_; }

Schedule ScheduleRecorder::schedule(std::string rtl, std::uint64_t tail) const {
  std::vector<StageSchedule> stages;
  for (const auto& watch : watches_) {
    const auto& latest = watch.seen.spans.back();
    if (periodic() && round_ > 1 && latest.images <= round_) {
      stages.push_back(in_rounds(watch, round_));
      continue;
    }
    auto& last = stages.emplace_back(watch.seen).spans.back();
    last.images = 0;
    if (last.period == 0) {
      last.period = static_cast<std::uint64_t>(watch.length);  // seen once: as soon as possible
    }
  }
  return {*net_, std::move(rtl), tail, std::move(stages)};
}

Schedule record_schedule(const Topology& net, std::string rtl,
                         const std::function<void(std::int64_t images)>& told) {
  std::int64_t images = 0;
  const auto enough = [&](const ScheduleRecorder& r) {
    if (r.images() != images) {
      images = r.images();
      if (told) {
        told(images);
      }
    }
    return r.periodic();
  };
  const auto recorder = record(net, kMostRecorded, enough).recorder;
  auto schedule = recorder.schedule(std::move(rtl), record_tail(net));
  bool same = true;
  for (std::size_t k = 0; k < schedule.works().size(); ++k) {
    const auto& stage = schedule.stage(k);
    same = same && (stage.round.images > 0
                        ? stage.round.cycles ==
                              schedule.period() * static_cast<std::uint64_t>(stage.round.images)
                        : stage.spans.back().period == schedule.period());
  }
  if (!recorder.periodic() || !same) {
    throw std::logic_error("the timing of " + net.name + " does not become periodic within " +
                           std::to_string(kMostRecorded) + " images");
  }
  return schedule;
}

Schedule record_images(const Topology& net, std::string rtl, int images) {
  return record(net, images, [](const ScheduleRecorder&) { return false; })
      .recorder.schedule(std::move(rtl), record_tail(net));
}

}  // namespace fluence
