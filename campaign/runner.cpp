#include "campaign/runner.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/digest.hpp"
#include "campaign/engine_runner.hpp"
#include "campaign/outcome.hpp"
#include "campaign/progress.hpp"
#include "campaign/stop_signals.hpp"
#include "campaign/stopping.hpp"
#include "network/images.hpp"

namespace fluence {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 256;  // trials a transaction, or what came in this time:
constexpr auto kBatchTime = std::chrono::seconds(1);

// The fixed part of a result on its way from worker to parent. Sets of images follow, correct without
// faults, correct, critical and, if the rule asks for them, implausible; then fates, a byte each, and
// the name of the hung stream.
struct Message {
  int correct = 0, masked = 0, tolerable = 0, critical = 0, hang = 0, implausible = 0;
  int baseline_correct = 0;
  char digest[16] = {};
  char baseline_digest[16] = {};
  std::uint64_t cycles = 0;
  std::uint64_t fates = 0;
  double seconds = 0;
};
static_assert(std::is_trivially_copyable_v<Message>);

struct TrialId {
  int scenario = 0;
  int trial = 0;
};

// Everything that parent and workers share.
struct Plan {
  const Spec* spec = nullptr;
  std::map<std::string, SiteMap> site_maps;
  std::vector<Drawer> drawers;           ///< of each scenario
  std::vector<std::uint64_t> keys;       ///< of each scenario
  std::vector<int> groups;               ///< of each scenario: those of an engine and network are one
  std::vector<int> group_images;         ///< images of the largest trial of each group
  std::vector<const Scenario*> leaders;  ///< a scenario of each group: says engine and network
  std::vector<TrialId> trials;           ///< to be run, by task number
  std::vector<Task> tasks;
  std::vector<Stopping> stopping;  ///< of each scenario, with what the store holds
  int finished = 0;                ///< trials that need not be run

  [[nodiscard]] FaultCase draw(const TrialId& id) const {
    const auto s = static_cast<std::size_t>(id.scenario);
    return drawers[s].draw(spec->seed, keys[s], static_cast<std::uint64_t>(id.trial));
  }
  [[nodiscard]] int group(const TrialId& id) const {
    return groups[static_cast<std::size_t>(id.scenario)];
  }
  [[nodiscard]] const Scenario& scenario(const TrialId& id) const {
    return spec->scenarios[static_cast<std::size_t>(id.scenario)];
  }
};

// Lives in a worker: the fault-free run that trials of an engine are compared with.
class Comparer {
 public:
  Comparer(Engine& engine, int images, std::vector<std::uint8_t> labels, const OutcomeRule& rule)
      : decider_(engine.decider()), row_(engine.scores()), labels_(std::move(labels)), rule_(rule) {
    assert(labels_.size() >= static_cast<std::size_t>(images));
    auto result = engine.run({0, images, {}}, Semantics::physical);
    if (result.images_done != images) {
      throw std::runtime_error("the fault-free run hung at " + result.hang);
    }
    fault_free_ = std::move(result.scores);
  }

  // The message of a trial of so many images.
  std::string message(int images, const TrialResult& result, double seconds) {
    ImageSets sets;
    const auto outcomes = compare(result, fault_free_, labels_, decider_, row_, &sets, rule_);
    const auto& base = baseline(images);
    Message message{outcomes.correct, outcomes.masked,      outcomes.tolerable, outcomes.critical,
                    outcomes.hang,    outcomes.implausible, base.correct};
    outcomes.digest.copy(message.digest, sizeof message.digest);
    base.digest.copy(message.baseline_digest, sizeof message.baseline_digest);
    message.cycles = result.cycles;
    message.fates = result.fates.size();
    std::string fates;
    for (const auto fate : result.fates) {
      fates += static_cast<char>(fate);
    }
    message.seconds = seconds;
    return std::string(reinterpret_cast<const char*>(&message), sizeof message) + base.correct_set +
           sets.correct + sets.critical + sets.implausible + fates + result.hang;
  }

 private:
  const Baseline& baseline(int images) {
    const auto [it, added] = baselines_.try_emplace(images);
    if (added) {
      const auto row = static_cast<std::size_t>(row_);
      const auto scores =
          std::span<const Score>(fault_free_).first(static_cast<std::size_t>(images) * row);
      Digest digest;
      add_scores(scores, digest);
      it->second.digest = digest.hex();
      it->second.correct_set.resize(set_size(images));
      for (int i = 0; i < images; ++i) {
        const auto at = static_cast<std::size_t>(i);
        if (classify(scores.subspan(at * row, row), decider_) == labels_[at]) {
          ++it->second.correct;
          insert(it->second.correct_set, at);
        }
      }
    }
    return it->second;
  }

  Decider decider_;
  int row_;  // scores of an image
  std::vector<std::uint8_t> labels_;
  const OutcomeRule& rule_;
  Scores fault_free_;
  std::map<int, Baseline> baselines_;
};

// Stored trials are all below what was needed when they were stored. Those that are not any more, since
// failed ones below them have been forgotten, rest on a decision that is open again.
Stopping resume_stopping(const Scenario& scenario, int id, Store& store,
                         const std::vector<FailedTrial>& all_failed) {
  Stopping stopping(scenario.target, scenario.trials, scenario.draw_plan.images);
  if (!scenario.target) {
    return stopping;
  }
  std::map<int, std::optional<int>> known;  // [trial] correct images
  for (const auto& stored : store.trials(id)) {
    known[stored.trial] = stored.outcomes.correct;
  }
  for (const auto& failed : all_failed) {
    if (failed.scenario == id) {
      known[failed.trial] = std::nullopt;
    }
  }
  for (const auto& [trial, correct] : known) {
    if (trial >= stopping.needed() || stopping.ended()) {
      store.forget_from(id, trial);
      break;
    }
    stopping.add(trial, correct);
  }
  // In case it was killed just before, or goes on.
  store.end_scenario(id, stopping.ended() ? stopping.needed() : scenario.trials);
  return stopping;
}

Plan make_plan(const Spec& spec, Store& store, const Shard& shard) {
  Plan plan;
  plan.spec = &spec;
  std::map<std::pair<EngineKind, const Topology*>, int> groups;
  int most_trials = 0;
  std::vector<std::int64_t> first;  // number of each scenario's trial 0 in the campaign
  std::int64_t trials = 0;
  for (const auto& scenario : spec.scenarios) {
    const auto& sites = plan.site_maps.try_emplace(scenario.net->name, *scenario.net).first->second;
    plan.drawers.emplace_back(sites, scenario.draw_plan);
    plan.keys.push_back(scenario.key());
    const auto [it, added] =
        groups.try_emplace({scenario.engine, scenario.net}, static_cast<int>(groups.size()));
    if (added) {
      plan.leaders.push_back(&scenario);
      plan.group_images.push_back(0);
    }
    plan.groups.push_back(it->second);
    auto& images = plan.group_images[static_cast<std::size_t>(it->second)];
    images = std::max(images, scenario.draw_plan.images);
    most_trials = std::max(most_trials, scenario.trials);
    first.push_back(trials);
    trials += scenario.trials;
  }
  const auto failed = store.failed();
  for (std::size_t s = 0; s < spec.scenarios.size(); ++s) {
    plan.stopping.push_back(resume_stopping(spec.scenarios[s], static_cast<int>(s), store, failed));
  }
  const auto finished = store.finished();
  plan.finished = static_cast<int>(finished.size());
  for (int trial = 0; trial < most_trials; ++trial) {
    for (std::size_t s = 0; s < spec.scenarios.size(); ++s) {
      const TrialId id{static_cast<int>(s), trial};
      const int most = plan.stopping[s].ended() ? 0 : spec.scenarios[s].trials;
      if (trial < most && shard.has(first[s] + trial) && !finished.contains({id.scenario, id.trial})) {
        plan.tasks.push_back({plan.groups[s], static_cast<int>(plan.trials.size())});
        plan.trials.push_back(id);
      }
    }
  }
  std::ranges::stable_sort(plan.tasks, {}, &Task::group);
  return plan;
}

TrialRecord make_record(const Plan& plan, const TrialId& id, const Message& message,
                        const std::string& result) {
  TrialRecord record;
  std::size_t at = sizeof message;
  const auto next = [&](std::size_t size) {
    at += size;
    return result.substr(at - size, size);
  };
  const auto set = set_size(plan.scenario(id).draw_plan.images);
  record.baseline.correct_set = next(set);
  record.sets.correct = next(set);
  record.sets.critical = next(set);
  record.sets.implausible = next(plan.scenario(id).rule.plausible ? set : 0);
  for (const char fate : next(message.fates)) {
    record.fates.push_back(static_cast<Fate>(fate));
  }
  record.scenario = id.scenario;
  record.trial = id.trial;
  record.outcomes = {message.correct,    message.masked,
                     message.tolerable,  message.critical,
                     message.hang,       std::string(message.digest, sizeof message.digest),
                     message.implausible};
  record.hang_stream = result.substr(at);
  record.cycles = message.cycles;
  record.baseline.correct = message.baseline_correct;
  record.baseline.digest.assign(message.baseline_digest, sizeof message.baseline_digest);
  auto drawn = plan.draw(id);  // once more, which is cheaper than sending it
  record.weight = plan.drawers[static_cast<std::size_t>(id.scenario)].weight(drawn);
  record.upsets = std::move(drawn.faults);
  return record;
}

// A trial is one or the other in the end.
using Ended = std::variant<TrialRecord, FailedTrial>;

// Trials that have failed, of each group in which none has ever been evaluated.
std::map<int, int> count_hopeless(const Plan& plan, Store& store) {
  std::map<int, int> hopeless;
  const auto tallies = store.tallies();
  for (const int group : plan.groups) {
    hopeless[group] = 0;
  }
  for (std::size_t s = 0; s < tallies.size(); ++s) {
    if (tallies[s].done > 0) {
      hopeless.erase(plan.groups[s]);
    }
  }
  return hopeless;
}

}  // namespace

PoolEnd run_campaign(const Spec& spec, Store& store, const EngineFactory& factory,
                     const LabelsOf& labels, const RunOptions& options) {
  const StopSignals guard;  // also while the last trials are written
  if (options.retry_failed) {
    store.forget_failed();
  }
  auto plan = make_plan(spec, store, options.shard);
  std::vector<int> left(spec.scenarios.size());
  for (const auto& id : plan.trials) {
    ++left[static_cast<std::size_t>(id.scenario)];
  }
  CampaignProgress progress(spec.scenarios, plan.finished, left, options.jobs, options.progress);
  std::vector<TrialRecord> batch;
  // [scenario][trial] ended before it is known to be needed.
  std::map<int, std::map<int, Ended>> early;
  auto hopeless = count_hopeless(plan, store);
  auto written = Clock::now();
  const auto write = [&] {
    store.add(batch);
    batch.clear();
    written = Clock::now();
  };
  // Keeps a trial that is needed, and what that says about others.
  const auto keep = [&](const TrialId& id, Ended ended) {
    const int s = id.scenario;
    auto& stopping = plan.stopping[static_cast<std::size_t>(s)];
    auto& waiting = early[s];
    waiting.emplace(id.trial, std::move(ended));
    while (!waiting.empty() && waiting.begin()->first < stopping.needed() && !stopping.ended()) {
      auto next = waiting.extract(waiting.begin());
      if (auto* record = std::get_if<TrialRecord>(&next.mapped())) {
        stopping.add(next.key(), record->outcomes.correct);
        batch.push_back(std::move(*record));
      } else {
        stopping.add(next.key(), std::nullopt);
        write();  // those that it may rest on are there before it
        store.add_failed(std::get<FailedTrial>(next.mapped()));
      }
    }
    if (stopping.ended()) {
      progress.ended(s, static_cast<int>(waiting.size()));
      waiting.clear();
      write();
      store.end_scenario(s, stopping.needed());
    }
  };

  PoolHooks hooks;
  hooks.start = [&](int group) -> std::unique_ptr<TaskRunner> {
    const auto g = static_cast<std::size_t>(group);
    const auto& leader = *plan.leaders[g];
    const int images = plan.group_images[g];
    std::shared_ptr<Engine> engine = factory(leader.engine, *leader.net, images);
    const auto comparer = std::make_shared<Comparer>(*engine, images, labels(*leader.net), leader.rule);
    return std::make_unique<EngineRunner>(
        engine,
        [&](int index) -> Trial {
          const auto& id = plan.trials[static_cast<std::size_t>(index)];
          return {plan.draw(id), plan.scenario(id).draw_plan.semantics};
        },
        [&, comparer](int index, const TrialResult& result, double seconds) {
          const auto& id = plan.trials[static_cast<std::size_t>(index)];
          return comparer->message(plan.scenario(id).draw_plan.images, result, seconds);
        });
  };
  hooks.batch_seconds = options.batch_seconds;
  const auto wanted = [&](const TrialId& id) {
    return !plan.stopping[static_cast<std::size_t>(id.scenario)].ended();
  };
  hooks.limit = [&](int index) {
    return plan.scenario(plan.trials[static_cast<std::size_t>(index)]).limit;
  };
  hooks.wanted = [&](int index) { return wanted(plan.trials[static_cast<std::size_t>(index)]); };
  hooks.done = [&](int index, const std::string& result) {
    const auto& id = plan.trials[static_cast<std::size_t>(index)];
    if (!wanted(id)) {
      return;  // it was on its way when its scenario ended
    }
    Message message;
    std::memcpy(&message, result.data(), sizeof message);
    progress.finished(id.scenario, message.seconds);
    hopeless.erase(plan.group(id));
    keep(id, make_record(plan, id, message, result));
    if (batch.size() >= kBatch) {
      write();
    }
  };
  hooks.failed = [&](int index, const std::string& why) {
    const auto& id = plan.trials[static_cast<std::size_t>(index)];
    if (!wanted(id)) {
      return;
    }
    progress.failed(id.scenario);
    keep(id, FailedTrial{id.scenario, id.trial, why, plan.draw(id).faults});
    const auto it = hopeless.find(plan.group(id));
    if (it != hopeless.end() && ++it->second == kHopeless) {
      const auto& scenario = plan.scenario(id);
      throw std::runtime_error("none of the first " + std::to_string(kHopeless) + " trials of " +
                               scenario.net->name + " on engine " +
                               std::string(to_string(scenario.engine)) +
                               " could be evaluated (of the last, " + why +
                               "), and --retry-failed runs them again when that is mended");
    }
  };
  hooks.tick = [&] {
    const auto now = Clock::now();
    if (!batch.empty() && now - written >= kBatchTime) {
      write();
    }
    progress.show(now);
  };
  hooks.name = [&](int index) {
    const auto& id = plan.trials[static_cast<std::size_t>(index)];
    return "trial " + std::to_string(id.trial) + " of scenario " + std::to_string(id.scenario) + " (" +
           plan.scenario(id).text() + ")";
  };
  try {
    const auto end = run_pool(plan.tasks, options.jobs, hooks);
    write();
    progress.end();
    return end;
  } catch (...) {
    write();  // what finished is kept; if the store is what failed, this says so again
    progress.end();
    throw;
  }
}

}  // namespace fluence
