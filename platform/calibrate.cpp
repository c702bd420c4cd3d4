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
constexpr int kMostImages = 4000;

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

ScheduleRecorder::ScheduleRecorder(const Topology& net) : net_(&net) {
  const auto flow = dataflow(net);
  for (std::size_t k = 0; k < flow.stages.size(); ++k) {
    watches_.push_back({StageWork(flow.stages[k], net.layer(flow.stages[k].layer)), flow.stages[k].name,
                        k == 0 ? 0 : flow.streams[k - 1].depth,
                        k == flow.streams.size() ? 0 : flow.streams[k].depth});
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
    const bool pops = watch.in_depth > 0 && streams[k - 1].ready_out && streams[k - 1].fill > 0;
    const bool pushes = watch.out_depth > 0 && streams[k].valid_in && streams[k].fill < watch.out_depth;
    switch (watch.work.kind) {
      case StageKind::matrix_vector: sample_unit(watch, run_cycle, streams[k - 1], streams[k]); break;
      case StageKind::mem_reader:
        // A word that is offered has entered the register at the end of the cycle before.
        if (streams[k].valid_in && std::ssize(watch.cycles) == watch.results) {
          take_step(watch, run_cycle - 1);
        }
        if (pushes) {
          give_result(watch, run_cycle);
        }
        break;
      case StageKind::width_converter:
        if (watch.work.narrow ? pushes : pops) {
          take_step(watch, run_cycle);
        }
        break;
      default:
        if (pops || pushes) {
          take_step(watch, run_cycle);
        }
    }
    // A word leaves the memory writer's register in the next cycle, always.
    if (std::ssize(watch.cycles) == watch.work.steps &&
        (watch.results == watch.work.results() || watch.work.kind == StageKind::mem_writer)) {
      close_image(watch);
    }
  }
  if (images() != images_before) {
    repeats_ = signature_ == last_signature_ ? repeats_ + 1 : 0;
    last_signature_ = std::exchange(signature_, 0);
  }
}

void ScheduleRecorder::sample_unit(Watch& watch, std::uint64_t cycle, const StreamStatus& in,
                                   const StreamStatus& out) {
  const bool blocked = out.valid_in && out.fill == watch.out_depth;
  const bool first_fold = watch.row_step < watch.work.line;
  if (in.ready_out != (first_fold && !blocked)) {
    throw std::logic_error("stage " + watch.name +
                           " does not step as a matrix-vector unit does, in cycle " +
                           std::to_string(cycle));
  }
  if (out.valid_in && !blocked) {
    give_result(watch, cycle);
    if (watch.results == watch.work.results()) {
      close_image(watch);  // the next image's first step can be taken in this cycle
    }
  }
  if (first_fold ? in.ready_out && in.fill > 0 : !blocked) {
    take_step(watch, cycle);
    watch.row_step = watch.row_step + 1 == watch.work.row ? 0 : watch.row_step + 1;
  }
}

void ScheduleRecorder::take_step(Watch& watch, std::uint64_t cycle) {
  if (watch.cycles.empty()) {
    watch.start = cycle;
  }
  watch.cycles.push_back(static_cast<std::int64_t>(cycle - watch.start));
  watch.last_step = cycle;
}

// In force for the latest step's result: the next step waits until it has left.
void ScheduleRecorder::give_result(Watch& watch, std::uint64_t cycle) {
  if (cycle != watch.last_step + 1) {
    watch.open.late.push_back({watch.results, static_cast<std::int64_t>(cycle - watch.last_step - 1)});
  }
  ++watch.results;
}

void ScheduleRecorder::close_image(Watch& watch) {
  auto& [patterns, spans] = watch.seen;
  watch.open.runs = WorkPattern::runs_of(watch.cycles);
  const auto known = std::ranges::find(patterns, watch.open);
  const auto pattern = static_cast<std::size_t>(known - patterns.begin());
  if (known == patterns.end()) {
    patterns.push_back(std::move(watch.open));
  }
  auto* span = spans.empty() ? nullptr : &spans.back();
  if (span != nullptr && span->pattern == pattern && span->images == 1) {
    span->period = watch.start - span->start;
    ++span->images;
  } else if (span != nullptr && span->pattern == pattern &&
             watch.start == span->start + static_cast<std::uint64_t>(span->images) * span->period) {
    ++span->images;
  } else {
    spans.push_back({1, pattern, watch.start, 0});
  }
  ++watch.images;
  watch.open = {};
  watch.length = watch.cycles.back() + 1;
  watch.cycles.clear();
  watch.results = 0;
}

bool ScheduleRecorder::periodic() const { return repeats_ >= kRepeats; }

Schedule ScheduleRecorder::schedule(std::string rtl, std::uint64_t tail) const {
  std::vector<StageSchedule> stages;
  for (const auto& watch : watches_) {
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
  const auto recorder = record(net, kMostImages, enough).recorder;
  auto schedule = recorder.schedule(std::move(rtl), record_tail(net));
  bool same = true;
  for (std::size_t k = 0; k < schedule.works().size(); ++k) {
    same = same && schedule.stage(k).spans.back().period == schedule.period();
  }
  if (!recorder.periodic() || !same) {
    throw std::logic_error("the timing of " + net.name + " does not become periodic within " +
                           std::to_string(kMostImages) + " images");
  }
  return schedule;
}

Schedule record_images(const Topology& net, std::string rtl, int images) {
  return record(net, images, [](const ScheduleRecorder&) { return false; })
      .recorder.schedule(std::move(rtl), record_tail(net));
}

}  // namespace fluence
