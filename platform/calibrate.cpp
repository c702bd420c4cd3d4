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

// Runs until `enough(recorder)`, at most `images` images.
template <class Enough>
ScheduleRecorder record(const Topology& net, int images, Enough enough) {
  ZeroMemory memory;
  const auto model = RtlModel::create(net, memory);
  bool ok = true;
  model->write_register(FL_ACCEL_DO_INIT, FL_ACCEL_DO_INIT_COMPUTE, ok);
  model->write_register(FL_ACCEL_NUM_REPS, static_cast<std::uint32_t>(images), ok);
  model->write_register(FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START, ok);
  ScheduleRecorder recorder(net);
  // The register access has clocked a few cycles, in which no layer can have had a word.
  for (; model->busy() && !enough(recorder); model->step(1)) {
    recorder.sample(model->cycle() - model->run_start(), model->streams());
  }
  return recorder;
}

}  // namespace

ScheduleRecorder::ScheduleRecorder(const Topology& net) : net_(&net) {
  const auto flow = dataflow(net);
  for (std::size_t k = 0; k < flow.stages.size(); ++k) {
    if (flow.stages[k].kind == StageKind::matrix_vector) {
      auto& watch = layers_.emplace_back();
      watch.layer = &net.layer(flow.stages[k].layer);
      watch.in = k - 1;
      watch.out = k;
      watch.out_depth = flow.streams[k].depth;
    }
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
  for (auto& watch : layers_) {
    const auto& in = streams[watch.in];
    const auto& out = streams[watch.out];
    const bool blocked = out.valid_in && out.fill == watch.out_depth;
    const bool first_fold = watch.word < watch.layer->synapse_folds();
    if (in.ready_out != (first_fold && !blocked)) {
      throw std::logic_error("layer " + std::to_string(watch.layer->index) +
                             " does not step as a matrix-vector unit does, in cycle " +
                             std::to_string(run_cycle));
    }
    if (out.valid_in && !blocked) {
      give_row(watch, run_cycle);
    }
    if (first_fold ? in.ready_out && in.fill > 0 : !blocked) {
      take_step(watch, run_cycle);
    }
  }
  if (images() != images_before) {
    repeats_ = signature_ == last_signature_ ? repeats_ + 1 : 0;
    last_signature_ = std::exchange(signature_, 0);
  }
}

void ScheduleRecorder::take_step(Watch& watch, std::uint64_t cycle) {
  if (watch.steps == 0) {
    watch.start = cycle;
    watch.next_offset = -1;
  }
  const auto offset = static_cast<std::int64_t>(cycle - watch.start);
  if (offset != watch.next_offset) {
    watch.open.runs.push_back({watch.steps, offset});
  }
  watch.next_offset = offset + 1;
  watch.row_due = cycle + 1;  // in force when the row is complete: then the next step waits for it
  ++watch.steps;
  watch.word = watch.word + 1 == watch.layer->weight_words() ? 0 : watch.word + 1;
}

// In the cycle in which a row leaves, the next step can be taken; `sample` looks at the row first.
void ScheduleRecorder::give_row(Watch& watch, std::uint64_t cycle) {
  if (cycle != watch.row_due) {
    watch.open.late.push_back({watch.rows, static_cast<std::int64_t>(cycle - watch.row_due)});
  }
  if (++watch.rows == std::int64_t{watch.layer->out_pixels()} * watch.layer->neuron_folds()) {
    close_image(watch);
  }
}

void ScheduleRecorder::close_image(Watch& watch) {
  auto& [patterns, spans] = watch.seen;
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
  watch.steps = watch.rows = 0;
}

bool ScheduleRecorder::periodic() const { return repeats_ >= kRepeats; }

Schedule ScheduleRecorder::schedule(std::string rtl) const {
  std::vector<LayerSchedule> layers;
  for (const auto& watch : layers_) {
    auto& last = layers.emplace_back(watch.seen).spans.back();
    last.images = 0;
    if (last.period == 0) {
      throw std::logic_error("layer " + std::to_string(watch.layer->index) +
                             " was seen with too few images alike");
    }
  }
  return {*net_, std::move(rtl), std::move(layers)};
}

Schedule record_schedule(const Topology& net, std::string rtl) {
  const auto recorder = record(net, kMostImages, [](const ScheduleRecorder& r) { return r.periodic(); });
  auto schedule = recorder.schedule(std::move(rtl));
  const auto period = [&](const Layer& layer) {
    return schedule.layer(layer.index).spans.back().period;
  };
  const bool same = std::ranges::all_of(
      net.layers, [&](const Layer& layer) { return period(layer) == period(net.layers.front()); });
  if (!recorder.periodic() || !same) {
    throw std::logic_error("the timing of " + net.name + " does not become periodic within " +
                           std::to_string(kMostImages) + " images");
  }
  return schedule;
}

Schedule record_images(const Topology& net, std::string rtl, int images) {
  return record(net, images, [](const ScheduleRecorder&) { return false; }).schedule(std::move(rtl));
}

}  // namespace fluence
