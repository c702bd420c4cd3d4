#include "attack/evaluate.hpp"

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <type_traits>

#include "base/error.hpp"
#include "campaign/engine_runner.hpp"

namespace fluence {
namespace {

static_assert(std::is_trivially_copyable_v<Margins>);

}  // namespace

Margins margins_of(const Scores& scores, const ImageSet& images, const Decider& decider, int row) {
  if (!decider.by_highest()) {
    throw InputError(
        "the network decides by more than its highest score, and the worst bits are looked "
        "for by margins of scores: choose another network");
  }
  Margins sum;
  const auto width = static_cast<std::size_t>(row);
  for (std::size_t i = 0; i < scores.size() / width; ++i) {
    sum += margins_of(std::span(scores).subspan(i * width, width), images[static_cast<int>(i)].label,
                      decider);
  }
  return sum;
}

std::optional<std::vector<Margins>> evaluate(const Evaluation& evaluation, int count,
                                             const std::function<FaultCase(int)>& make) {
  // Fills the cache of fault-free traces that all workers inherit.
  static_cast<void>(evaluation.engine->run({0, evaluation.images->size(), {}}, Semantics::physical));
  std::vector<Margins> found(static_cast<std::size_t>(count));
  std::vector<Task> tasks;
  for (int i = 0; i < count; ++i) {
    tasks.push_back({0, i});
  }
  std::int64_t finished = 0;
  PoolHooks hooks;
  hooks.start = [&](int) -> std::unique_ptr<TaskRunner> {
    // The worker's engine is a copy of the parent's, with the fault-free traces.
    return std::make_unique<EngineRunner>(
        std::shared_ptr<Engine>(std::shared_ptr<void>(), evaluation.engine),
        [&](int index) -> Trial {
          return {make(index), Semantics::physical};
        },
        [&](int, const TrialResult& result, double) {
          const auto margins = margins_of(result.scores, *evaluation.images,
                                          evaluation.engine->decider(), evaluation.engine->scores());
          return std::string(reinterpret_cast<const char*>(&margins), sizeof margins);
        });
  };
  hooks.done = [&](int index, const std::string& bytes) {
    std::memcpy(&found[static_cast<std::size_t>(index)], bytes.data(), sizeof(Margins));
    ++finished;
  };
  hooks.tick = [&] { evaluation.tick(finished); };
  hooks.name = [](int index) { return "evaluation " + std::to_string(index); };
  if (run_pool(tasks, evaluation.jobs, hooks) == PoolEnd::interrupted) {
    return std::nullopt;
  }
  return found;
}

}  // namespace fluence
