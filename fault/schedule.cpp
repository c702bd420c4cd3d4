#include "fault/schedule.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <stdexcept>

namespace fluence {
namespace {

std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

std::int64_t steps_of(const Layer& layer) {
  return std::int64_t{layer.out_pixels()} * layer.weight_words();
}
std::int64_t rows_of(const Layer& layer) {
  return std::int64_t{layer.out_pixels()} * layer.neuron_folds();
}

// Cycles from the first step to the last one.
std::int64_t length_of(const WorkPattern& pattern, const Layer& layer) {
  return pattern.runs.back().cycle + steps_of(layer) - 1 - pattern.runs.back().step;
}

void require(bool good, const Layer& layer, const char* what) {
  if (!good) {
    throw std::logic_error("layer " + std::to_string(layer.index) + " has " + what);
  }
}

void check(const WorkPattern& pattern, const Layer& layer) {
  using Run = WorkPattern::Run;
  const auto& runs = pattern.runs;
  require(!runs.empty() && runs.front() == Run{} && runs.back().step < steps_of(layer), layer,
          "runs of steps that do not make an image");
  for (std::size_t i = 1; i < runs.size(); ++i) {
    const auto steps = runs[i].step - runs[i - 1].step;
    require(steps > 0 && runs[i].cycle - runs[i - 1].cycle > steps, layer, "runs of steps in no order");
  }
  std::int64_t last = -1;
  for (const auto& late : pattern.late) {
    require(late.row > last && late.row < rows_of(layer) && late.cycles > 0, layer,
            "late rows in no order");
    last = late.row;
  }
}

void check(const LayerSchedule& schedule, const Layer& layer) {
  std::ranges::for_each(schedule.patterns, [&](const auto& pattern) { check(pattern, layer); });
  require(!schedule.spans.empty(), layer, "no images");
  std::uint64_t idle_from = 0;  // what comes next starts here at the earliest
  for (const auto& span : schedule.spans) {
    const bool last = &span == &schedule.spans.back();
    require(span.pattern < schedule.patterns.size() && span.images >= 0 && last == (span.images == 0),
            layer, "spans that are not all images");
    const auto busy = static_cast<std::uint64_t>(length_of(schedule.patterns[span.pattern], layer)) + 1;
    require(span.start >= idle_from && (span.images == 1 ? span.period == 0 : span.period >= busy),
            layer, "images that overlap");
    idle_from = span.start +
                static_cast<std::uint64_t>(std::max<std::int64_t>(span.images - 1, 0)) * span.period +
                busy;
  }
}

}  // namespace

Schedule::Schedule(const Topology& net, std::string rtl, std::vector<LayerSchedule> layers)
    : net_(&net), rtl_(std::move(rtl)), layers_(std::move(layers)) {
  if (layers_.size() != net.layers.size()) {
    throw std::logic_error("it has " + std::to_string(layers_.size()) + " layers");
  }
  for (const auto& layer : net.layers) {
    const auto& schedule = layers_[index(layer.index)];
    check(schedule, layer);
    auto& numbered = spans_.emplace_back();
    std::int64_t image = 0;
    for (const auto& span : schedule.spans) {
      numbered.push_back({span, image});
      image += span.images;
    }
  }
}

std::int64_t Schedule::periodic_from() const {
  std::int64_t image = 0;
  for (const auto& spans : spans_) {
    image = std::max(image, spans.back().first_image);
  }
  return image;
}

std::uint64_t Schedule::step_cycle(int layer_index, std::int64_t image, std::int64_t step) const {
  const auto& spans = spans_[index(layer_index)];
  const auto& [span, first] =
      *std::prev(std::ranges::upper_bound(spans, image, {}, &Numbered::first_image));
  const auto& runs = layers_[index(layer_index)].patterns[span.pattern].runs;
  const auto& run = *std::prev(std::ranges::upper_bound(runs, step, {}, &WorkPattern::Run::step));
  return span.start + static_cast<std::uint64_t>(image - first) * span.period +
         static_cast<std::uint64_t>(run.cycle + step - run.step);
}

std::uint64_t Schedule::row_cycle(int layer_index, std::int64_t image, std::int64_t row) const {
  const int folds = net_->layer(layer_index).synapse_folds();
  const auto& spans = spans_[index(layer_index)];
  const auto& span = std::prev(std::ranges::upper_bound(spans, image, {}, &Numbered::first_image))->span;
  const auto& lates = layers_[index(layer_index)].patterns[span.pattern].late;
  const auto late = std::ranges::lower_bound(lates, row, {}, &WorkPattern::Late::row);
  const bool is_late = late != lates.end() && late->row == row;
  return step_cycle(layer_index, image, row * folds + folds - 1) + 1 +
         static_cast<std::uint64_t>(is_late ? late->cycles : 0);
}

// The first step in this cycle or later; for the end of an image, step 0 of the next one.
Schedule::Place Schedule::first_step(const Layer& layer, std::uint64_t cycle) const {
  const auto& spans = spans_[index(layer.index)];
  const auto after = std::ranges::upper_bound(
      spans, cycle, {}, [](const Numbered& numbered) { return numbered.span.start; });
  if (after == spans.begin()) {
    return {0, 0};
  }
  const auto& [span, first] = *std::prev(after);
  auto repeat = span.period == 0 ? 0 : static_cast<std::int64_t>((cycle - span.start) / span.period);
  if (span.images > 0) {
    repeat = std::min(repeat, span.images - 1);
  }
  const auto offset =
      static_cast<std::int64_t>(cycle - span.start - static_cast<std::uint64_t>(repeat) * span.period);
  const auto& runs = layers_[index(layer.index)].patterns[span.pattern].runs;
  const auto next = std::ranges::upper_bound(runs, offset, {}, &WorkPattern::Run::cycle);
  const auto& run = *std::prev(next);
  const auto end = next == runs.end() ? steps_of(layer) : next->step;
  const auto step = std::min(run.step + offset - run.cycle, end);
  return step == steps_of(layer) ? Place{first + repeat + 1, 0} : Place{first + repeat, step};
}

// A row that is not complete before this cycle leaves after it. Of those that are, only the latest can
// still be waiting: the ones before it had to leave for its steps to be taken.
Schedule::Place Schedule::first_row(const Layer& layer, std::uint64_t cycle) const {
  const auto [image, step] = first_step(layer, cycle);
  const Place incomplete{image, step / layer.synapse_folds()};
  if (incomplete == Place{0, 0}) {
    return incomplete;
  }
  const auto complete =
      incomplete.second > 0 ? Place{image, incomplete.second - 1} : Place{image - 1, rows_of(layer) - 1};
  return row_cycle(layer.index, complete.first, complete.second) >= cycle ? complete : incomplete;
}

FirstRead Schedule::first_read(const Site& site, std::uint64_t cycle) const {
  assert(site.space == Space::weights || site.space == Space::thresholds);
  const auto& layer = net_->layer(site.layer);
  const bool weights = site.space == Space::weights;
  const auto [image, at] = weights ? first_step(layer, cycle) : first_row(layer, cycle);
  const int words = weights ? layer.weight_words() : layer.neuron_folds();
  const auto pixel = static_cast<int>(at / words) + (at % words > site.index ? 1 : 0);
  return pixel == layer.out_pixels() ? FirstRead{image + 1, 0} : FirstRead{image, pixel};
}

}  // namespace fluence
