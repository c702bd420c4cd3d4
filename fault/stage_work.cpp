#include "fault/stage_work.hpp"

#include <algorithm>
#include <cassert>

namespace fluence {

StageWork::StageWork(const Stage& stage, const Layer& layer) : kind(stage.kind) {
  switch (kind) {
    case StageKind::mem_reader:
      steps = stage.words_out;
      fold = 1;
      break;
    case StageKind::mem_writer:
      steps = stage.words_in;
      fold = 1;
      break;
    case StageKind::width_converter:
      narrow = stage.in_width > stage.out_width;
      line = narrow ? stage.in_width / stage.out_width : stage.out_width / stage.in_width;
      steps = std::max(stage.words_in, stage.words_out);
      break;
    case StageKind::sliding_window:
      line = layer.in_dim * (layer.in_channels / layer.simd);
      row = std::int64_t{layer.out_dim} * layer.synapse_folds();
      steps = layer.kernel() * line + layer.out_dim * row;
      break;
    case StageKind::matrix_vector:
      line = fold = layer.synapse_folds();
      row = layer.weight_words();
      steps = layer.out_pixels() * row;
      break;
    case StageKind::max_pool:
      line = layer.out_dim;
      row = 2 * line + line / 2;
      steps = line / 2 * row;
      break;
  }
}

std::int64_t StageWork::popped(std::int64_t done) const {
  switch (kind) {
    case StageKind::mem_reader: return 0;
    case StageKind::mem_writer: return done;
    case StageKind::width_converter: return narrow ? (done + line - 1) / line : done;
    case StageKind::sliding_window: {
      // An image's lines: three of its own, and one with each row of windows but the last.
      const auto rows = (steps - 3 * line) / row;
      const auto lines = rows + 2;
      const auto step = done % steps;
      const auto beyond = std::max<std::int64_t>(step - 3 * line, 0);
      const auto entered = std::min(step, 3 * line) + beyond / row * line + std::min(beyond % row, line);
      return done / steps * lines * line + std::min(entered, lines * line);
    }
    case StageKind::matrix_vector: return done / row * line + std::min(done % row, line);
    case StageKind::max_pool: return done / row * 2 * line + std::min(done % row, 2 * line);
  }
  return 0;
}

std::int64_t StageWork::pushed(std::int64_t done, std::int64_t results_done) const {
  switch (kind) {
    case StageKind::mem_reader:
    case StageKind::matrix_vector: return results_done;
    case StageKind::mem_writer: return 0;
    case StageKind::width_converter: return narrow ? done : done / line;
    case StageKind::sliding_window:
      return done / steps * (steps - 3 * line) + std::max<std::int64_t>(done % steps - 3 * line, 0);
    case StageKind::max_pool:
      return done / row * (line / 2) + std::max<std::int64_t>(done % row - 2 * line, 0);
  }
  return 0;
}

std::vector<StageWork> stage_works(const Dataflow& flow) {
  std::vector<StageWork> works;
  for (const auto& stage : flow.stages) {
    works.emplace_back(stage, flow.net->layer(stage.layer));
  }
  return works;
}

FirstRead first_read(const Layer& layer, std::size_t unit, const Site& site, const StageCounts& counts) {
  assert(site.space == Space::weights || site.space == Space::thresholds);
  const bool weights = site.space == Space::weights;
  const auto at = weights ? counts.steps(unit) : counts.results(unit);
  const int words = weights ? layer.weight_words() : layer.neuron_folds();
  const auto pixel = at / words + (at % words > site.index ? 1 : 0);
  return {pixel / layer.out_pixels(), static_cast<int>(pixel % layer.out_pixels())};
}

}  // namespace fluence
