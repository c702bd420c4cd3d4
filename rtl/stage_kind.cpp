#include "rtl/stage_kind.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace fluence {

int counter_bits(int values) {
  return std::max(1, static_cast<int>(std::bit_width(static_cast<unsigned>(values - 1))));
}

std::int64_t StageWork::popped(std::int64_t steps_done) const { return kind->popped(*this, steps_done); }

std::int64_t StageWork::pushed(std::int64_t steps_done, std::int64_t results_done) const {
  return kind->pushed(*this, steps_done, results_done);
}

std::vector<StageWork> stage_works(const Dataflow& flow) {
  std::vector<StageWork> works;
  for (const auto& stage : flow.stages) {
    works.push_back(stage.kind->work(stage, flow.net->layer(stage.layer)));
    works.back().kind = stage.kind;
  }
  return works;
}

StreamTarget StageKind::output(const Stage& /*stage*/, const Layer& /*layer*/, bool /*last*/,
                               const StreamTarget& input) const {
  return input;
}

// The registers say where a stage is in its work; which repetition of it, follows from the words that it
// has taken.
std::int64_t StageKind::observed_steps(const Stage& stage, const Layer& layer, const StageWork& work,
                                       const ControlValues& values, std::int64_t taken) const {
  const auto [step, period] = position(work, layer, values);
  const auto before = taken - work.popped(step);
  if (before < 0 || before % work.popped(period) != 0) {
    throw std::logic_error("stage " + stage.name + " is not where the words that it has taken put it");
  }
  return before / work.popped(period) * period + step;
}

void StageKind::observe(const StageSignals& signals, const std::string& /*stage*/, StepLog& log) const {
  const auto& work = log.work();
  const auto done = log.steps();
  const bool needs_word = work.popped(done + 1) > work.popped(done);
  if (needs_word ? signals.pops : signals.pushes) {
    log.take_step(signals.cycle);
  }
}

std::string StageKind::absorbed(const Stage& stage, const std::string& words,
                                const std::function<bool(Space)>& /*differed*/) const {
  return "came no further than stage " + stage.name + ": " + words;
}

}  // namespace fluence
