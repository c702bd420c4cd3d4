#include "session/evaluate.hpp"

#include <algorithm>
#include <memory>
#include <type_traits>

#include "base/error.hpp"
#include "campaign/engine_runner.hpp"

namespace fluence {
namespace {

// The fixed part of a result on its way from worker to parent. Scores follow, fates, names and digests
// of streams, and the name of the hung one.
struct ResultHead {
  std::uint64_t scores = 0, fates = 0, streams = 0;
  std::uint64_t cycles = 0;
  std::int64_t images_done = 0;
};
static_assert(std::is_trivially_copyable_v<ResultHead>);

template <typename T>
void put(std::string& bytes, const T* from, std::size_t count) {
  bytes.append(reinterpret_cast<const char*>(from), count * sizeof *from);
}

std::string bytes_of(const TrialResult& result) {
  const ResultHead head{result.scores.size(), result.fates.size(), result.last_streams.size(),
                        result.cycles, result.images_done};
  std::string bytes;
  put(bytes, &head, 1);
  put(bytes, result.scores.data(), result.scores.size());
  put(bytes, result.fates.data(), result.fates.size());
  for (const auto& [name, digest] : result.last_streams) {
    const auto size = name.size();
    put(bytes, &size, 1);
    bytes += name;
    put(bytes, &digest, 1);
  }
  return bytes + result.hang;
}

TrialResult result_of(const std::string& bytes) {
  const char* at = bytes.data();
  const auto get = [&at](auto* to, std::size_t count) {
    const auto size = count * sizeof *to;
    std::copy_n(at, size, reinterpret_cast<char*>(to));
    at += size;
  };
  ResultHead head;
  get(&head, 1);
  TrialResult result;
  result.scores.resize(head.scores);
  get(result.scores.data(), head.scores);
  result.fates.resize(head.fates);
  get(result.fates.data(), head.fates);
  for (std::uint64_t i = 0; i < head.streams; ++i) {
    std::size_t size = 0;
    get(&size, 1);
    std::string name(size, '\0');
    get(name.data(), size);
    get(&result.last_streams[name], 1);
  }
  result.hang.assign(at, bytes.data() + bytes.size());
  result.cycles = head.cycles;
  result.images_done = static_cast<int>(head.images_done);
  return result;
}

std::string refusal(const std::string& who, const InputError& e) {
  return who.empty() ? e.what() : who + ": " + e.what();
}

// An engine whose refusals say who asked.
class NamingRunner final : public TaskRunner {
 public:
  NamingRunner(std::shared_ptr<Engine> engine, const EvaluationPlan& plan)
      : who_(plan.who),
        runner_(
            std::move(engine), [&](int index) { return plan.trial(static_cast<std::size_t>(index)); },
            [](int, const TrialResult& result, double) { return bytes_of(result); }) {}

  void run(std::span<const int> batch, const Deliver& deliver, const CancelToken& cancel) override {
    try {
      runner_.run(batch, deliver, cancel);
    } catch (const InputError& e) {
      throw InputError(refusal(who_, e));
    }
  }

 private:
  const std::string& who_;
  EngineRunner runner_;
};

void check_trials(const Session& session, const EvaluationPlan& plan) {
  const auto can = session.capabilities(plan.engine, *plan.net);
  const SiteMap sites(*plan.net);
  try {
    for (std::size_t i = 0; i < plan.count; ++i) {
      const auto [fault_case, semantics] = plan.trial(i);
      check_trial(fault_case, semantics, sites, session.images(*plan.net).size());
      check_capable(can, fault_case, semantics);
    }
  } catch (const InputError& e) {
    throw InputError(refusal(plan.who, e));
  }
}

}  // namespace

PoolEnd evaluate(Session& session, const EvaluationPlan& plan) {
  check_trials(session, plan);
  std::vector<Task> tasks;
  for (std::size_t i = 0; i < plan.count; ++i) {
    tasks.push_back({0, static_cast<int>(i)});
  }
  std::int64_t finished = 0;
  PoolHooks hooks;
  hooks.start = [&](int) -> std::unique_ptr<TaskRunner> {
    auto engine = session.make_engine(plan.engine, *plan.net, session.images(*plan.net).size());
    if (plan.streams) {
      engine->want_streams();
    }
    return std::make_unique<NamingRunner>(std::move(engine), plan);
  };
  hooks.limit = [&](int) { return plan.limit; };
  hooks.done = [&](int index, const std::string& bytes) {
    ++finished;
    plan.take(static_cast<std::size_t>(index), result_of(bytes));
  };
  hooks.failed = [&](int index, const std::string& why) {
    ++finished;
    plan.failed(static_cast<std::size_t>(index), why);
  };
  hooks.tick = [&] {
    if (plan.tick) {
      plan.tick(finished);
    }
  };
  return run_pool(tasks, plan.jobs, hooks);
}

}  // namespace fluence
