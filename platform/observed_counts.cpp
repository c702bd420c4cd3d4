#include "platform/observed_counts.hpp"

#include <stdexcept>

namespace fluence {

CountReader::CountReader(const Topology& net) : flow_(dataflow(net)), works_(stage_works(flow_)) {
  const SiteMap sites(net);
  for (const auto& array : sites.arrays()) {
    if (array.space == Space::control) {
      registers_.emplace(array.rtl_name, array.address);
    }
  }
}

ObservedCounts CountReader::after(std::int64_t images) const {
  std::vector<std::int64_t> steps;
  std::vector<std::int64_t> results;
  for (const auto& work : works_) {
    steps.push_back(images * work.steps);
    results.push_back(images * work.results());
  }
  return {std::move(steps), std::move(results)};
}

ObservedCounts CountReader::read(const RtlModel& model) const {
  if (value(model, "begin_q") != 0) {
    return after(0);  // the memory ports are told in this cycle what to do
  }
  const auto streams = model.streams();
  std::vector<std::int64_t> all_steps;
  std::vector<std::int64_t> all_results;
  for (std::size_t k = 0; k < works_.size(); ++k) {
    const auto& work = works_[k];
    std::int64_t steps = 0;
    if (work.kind == StageKind::mem_reader) {
      steps = value(model, "u_regs.num_reps_q") * work.steps - value(model, k, "left_q") -
              value(model, k, "beats_left_q");
    } else {
      const auto [step, period] = position(model, k);
      const auto popped = works_[k - 1].pushed(all_steps.back(), all_results.back()) -
                          streams[k - 1].fill - work.popped(step);
      if (popped < 0 || popped % work.popped(period) != 0) {
        throw std::logic_error("stage " + flow_.stages[k].name +
                               " is not where the words that it has taken put it");
      }
      steps = popped / work.popped(period) * period + step;
    }
    std::int64_t results = 0;
    if (work.fold > 0) {
      const bool unit = work.kind == StageKind::matrix_vector;
      results = steps / work.fold - value(model, k, unit ? "out_valid_q" : "data_valid_q");
    }
    all_steps.push_back(steps);
    all_results.push_back(results);
  }
  return {std::move(all_steps), std::move(all_results)};
}

CountReader::Position CountReader::position(const RtlModel& model, std::size_t stage) const {
  const auto& layer = flow_.net->layer(flow_.stages[stage].layer);
  const auto& work = works_[stage];
  const auto at = [&](const char* name) { return value(model, stage, name); };
  switch (work.kind) {
    case StageKind::width_converter: return {at("count_q"), work.line};
    case StageKind::matrix_vector: return {at("tile_q"), work.row};
    case StageKind::sliding_window: {
      if (at("filling_q") != 0) {
        return {at("line_q") * work.line + at("col_q"), work.steps};
      }
      const auto pixel_words = layer.in_channels / layer.simd;
      const auto kernel_row = layer.kernel() * pixel_words;
      return {layer.kernel() * work.line + at("row_q") * work.row +
                  at("base_q") / pixel_words * layer.synapse_folds() + at("ky_q") * kernel_row +
                  at("tap_q"),
              work.steps};
    }
    case StageKind::max_pool:
      return {at("emitting_q") != 0 ? 2 * work.line + at("col_q")
                                    : at("odd_line_q") * work.line + 2 * at("col_q") + at("odd_pixel_q"),
              work.row};
    case StageKind::mem_reader:
    case StageKind::mem_writer: break;
  }
  return {};  // a step is all that a port repeats
}

std::int64_t CountReader::value(const RtlModel& model, const std::string& name) const {
  return static_cast<std::int64_t>(model.read_word(registers_.at(name)).front());
}

std::int64_t CountReader::value(const RtlModel& model, std::size_t stage, const char* name) const {
  return value(model, "u_pipeline.u_" + flow_.stages[stage].name + "." + name);
}

}  // namespace fluence
