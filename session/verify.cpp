#include "session/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "campaign/outcome.hpp"
#include "campaign/provenance.hpp"
#include "campaign/stored_networks.hpp"
#include "rtl/model/rtl_model.hpp"
#include "session/engine_pair.hpp"
#include "session/outcome_rules.hpp"

namespace fluence {
namespace {

Compared compare_results(const TrialResult& fast, const TrialResult& rtl, const Sampled& sampled,
                         const std::function<Outcomes(const TrialResult&)>& outcomes, int row) {
  if (auto difference = difference_of(fast, rtl, row); !difference.empty()) {
    return {0, std::move(difference)};
  }
  int known = 0;
  for (std::size_t i = 0; i < std::min(fast.fates.size(), rtl.fates.size()); ++i) {
    if (fast.fates[i] == Fate::unknown || rtl.fates[i] == Fate::unknown) {
      continue;
    }
    ++known;
    if (fast.fates[i] != rtl.fates[i]) {
      return {known, fmt::format("has upset {} {} on fast and {} on rtl", i, to_string(fast.fates[i]),
                                 to_string(rtl.fates[i]))};
    }
  }
  const auto now = outcomes(fast);
  if (now.digest != sampled.outcomes.digest) {
    return {known, "gives other scores than the stored ones"};
  }
  if (now != sampled.outcomes) {
    return {known, "has the stored scores and other outcomes"};
  }
  if (fast.fates != sampled.fates) {
    return {known, "gives other fates than the stored ones"};
  }
  return {known, ""};
}

class BothEngines final : public TaskRunner {
 public:
  BothEngines(const Spec& spec, const std::vector<Sampled>& sample, const Topology& net,
              const Session& session)
      : spec_(spec), sample_(sample), engines_(net, session), labels_(session.labels(net)) {}

  void run(std::span<const int> batch, const Deliver& deliver, const CancelToken& cancel) override {
    std::vector<Trial> trials;
    for (const int index : batch) {
      trials.push_back(trial_of(sample_[static_cast<std::size_t>(index)]));
    }
    engines_.run(
        trials,
        [&](std::size_t i, const TrialResult& fast, const TrialResult& rtl) {
          const auto& sampled = sample_[static_cast<std::size_t>(batch[i])];
          const auto outcomes = [&](const TrialResult& result) {
            return compare(result, fault_free(trials[i].fault_case.images), labels_,
                           engines_.fast().decider(), engines_.fast().scores(), nullptr,
                           spec_.scenarios[static_cast<std::size_t>(sampled.scenario)].rule);
          };
          deliver(batch[i],
                  text(compare_results(fast, rtl, sampled, outcomes, engines_.fast().scores())));
        },
        cancel);
  }

 private:
  Trial trial_of(const Sampled& sampled) const {
    const auto& scenario = spec_.scenarios[static_cast<std::size_t>(sampled.scenario)];
    const auto& plan = scenario.draw_plan;
    return {{sampled.trial, plan.images, sampled.upsets, plan.reload}, plan.semantics};
  }
  const Scores& fault_free(int images) {
    auto& scores = fault_free_[images];
    if (scores.empty()) {
      scores = engines_.fast().run({0, images, {}}, Semantics::physical).scores;
    }
    return scores;
  }

  const Spec& spec_;
  const std::vector<Sampled>& sample_;
  EnginePair engines_;
  std::vector<std::uint8_t> labels_;
  std::map<int, Scores> fault_free_;  // [images]
};

// The spec as it was run, and its seed.
Spec stored_spec(const Manifest& manifest, const std::string& folder) {
  const auto value = [&](const char* key) {
    const auto it = manifest.find(key);
    return it == manifest.end() ? std::string() : it->second;
  };
  auto spec = Spec::parse(value("spec"), folder + "/results.sqlite");
  const auto seed = value("seed");
  const auto* end = seed.data() + seed.size();
  if (const auto [rest, error] = std::from_chars(seed.data(), end, spec.seed);
      error != std::errc() || rest != end || std::cmp_greater(spec.seed, kMostSeed)) {
    throw InputError("the results in " + folder + " are damaged (their seed is '" + seed +
                     "'): run the campaign again");
  }
  return spec;
}

// Throws InputError unless parameters, images and RTL are those of the results in `folder`.
void require_equal(const Manifest& stored, const Manifest& present, const std::string& folder) {
  require_own_rtl(stored, folder);
  for (const auto& [key, value] : stored) {
    const auto it = present.find(key);
    if (!is_provenance(key) && !is_network_file(key) && (it == present.end() || it->second != value)) {
      throw InputError("the results in " + folder + " rest on another '" + key +
                       "' than the one at hand: give the --params and --images of the campaign, and the "
                       "fluence that ran it");
    }
  }
}

}  // namespace

std::string name(const Sampled& sampled) {
  return fmt::format("trial {} of scenario {}", sampled.trial, sampled.scenario);
}

StoredCampaign open_campaign(const std::string& folder, const std::string& params,
                             const std::string& images) {
  auto store = Store::open_existing(folder);
  auto manifest = store.manifest();
  manifest.erase("shard");     // the trials of a shard are those of the campaign
  manifest.erase("firmware");  // which trials of the fast engine never see
  auto spec = stored_spec(manifest, folder);
  add_run_lengths(spec);
  Session session(params.empty() ? spec.params : std::filesystem::path(params), spec.networks(),
                  images.empty() ? spec.images : std::filesystem::path(images));
  session.keep_images(spec, folder);
  require_equal(manifest, manifest_of(spec, session), folder);
  const auto tallies = store.tallies();  // names may be of other classes than when it was run
  for (std::size_t i = 0; i < std::min(tallies.size(), spec.scenarios.size()); ++i) {
    auto& scenario = spec.scenarios[i];
    scenario.rule = tallies[i].rule;
    prepare_outcome(scenario.rule, *scenario.net, session, folder);
  }
  return {std::move(store), std::move(spec), std::move(session)};
}

std::vector<Sampled> draw_sample(Store& store, const Spec& spec, int count, std::uint64_t seed,
                                 const std::string& folder) {
  auto ended = store.finished();
  for (const auto& failed : store.failed()) {
    ended.erase({failed.scenario, failed.trial});
  }
  std::vector<Sampled> finished;
  for (const auto& [scenario, trial] : ended) {
    if (spec.scenarios[static_cast<std::size_t>(scenario)].engine == EngineKind::fast) {
      finished.push_back({scenario, trial, {}});
    }
  }
  if (finished.empty()) {
    throw InputError("the results in " + folder +
                     " hold no trial of the fast engine: name those of a campaign with one");
  }
  if (static_cast<std::size_t>(count) > finished.size()) {
    throw InputError(fmt::format(
        "--sample {} is more than the {} trials of the fast engine that {} holds: ask for {} or fewer",
        count, finished.size(), folder, finished.size()));
  }
  std::vector<Sampled> sample;
  std::mt19937_64 random(seed);
  std::ranges::sample(finished, std::back_inserter(sample), count, random);
  for (auto& s : sample) {
    s.outcomes = store.trials(s.scenario, s.trial).front().outcomes;
    for (const auto& upset : store.upsets(s.scenario, s.trial)) {
      s.upsets.push_back(upset.fault);
      s.fates.push_back(upset.fate);
    }
  }
  return sample;
}

std::vector<std::string> asked(const std::vector<Sampled>& sample) {
  std::vector<std::string> texts;
  for (const auto& sampled : sample) {
    const auto& stored = sampled.outcomes;
    auto& text = texts.emplace_back(fmt::format("{} {} {} {} {} {} {} {}", name(sampled), stored.digest,
                                                stored.correct, stored.masked, stored.tolerable,
                                                stored.critical, stored.hang, stored.implausible));
    for (const auto fate : sampled.fates) {
      text += fmt::format(" {}", to_string(fate));
    }
  }
  return texts;
}

Comparisons run_both(const Spec& spec, const std::vector<Sampled>& sample, const Session& session,
                     const VerifyPlan& plan) {
  const auto nets = spec.networks();
  std::vector<Task> tasks;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const auto* net = spec.scenarios[static_cast<std::size_t>(sample[i].scenario)].net;
    tasks.push_back(
        {static_cast<int>(std::ranges::find(nets, net) - nets.begin()), static_cast<int>(i)});
  }
  std::ranges::stable_sort(tasks, {}, &Task::group);
  return compare_in_pool(
      tasks, sample.size(), plan,
      [&](int group) {
        return std::make_unique<BothEngines>(spec, sample, *nets[static_cast<std::size_t>(group)],
                                             session);
      },
      [&](int index) { return name(sample[static_cast<std::size_t>(index)]); });
}

Comparisons compare_in_pool(const std::vector<Task>& tasks, std::size_t count, const VerifyPlan& plan,
                            const std::function<std::unique_ptr<TaskRunner>(int group)>& start,
                            const std::function<std::string(int index)>& name) {
  Comparisons compared;
  compared.of.resize(count);
  auto left = tasks;
  if (plan.journal != nullptr) {
    for (const auto& [index, made] : plan.journal->made()) {
      compared.of[static_cast<std::size_t>(index)] = made;
    }
    std::erase_if(left, [&](const Task& task) { return plan.journal->made().contains(task.index); });
  }
  PoolHooks hooks;
  hooks.start = start;
  std::int64_t finished = 0;
  hooks.limit = [&](int) { return plan.limit; };
  hooks.done = [&](int index, const std::string& result) {
    auto& own = compared.of[static_cast<std::size_t>(index)].emplace(compared_of(result));
    if (plan.journal != nullptr) {
      plan.journal->add(index, own);
    }
    ++finished;
  };
  hooks.failed = [&](int index, const std::string& why) {
    compared.failures += name(index) + " could not be compared: " + why + "\n";
    ++finished;
  };
  hooks.tick = [&] {
    if (plan.tick) {
      plan.tick(finished);
    }
  };
  hooks.name = name;
  compared.end = run_pool(left, plan.jobs, hooks);
  return compared;
}

Verified add_up(const Spec& spec, const std::vector<Sampled>& sample, const Comparisons& compared,
                std::uint64_t seed) {
  Verified verified;
  auto& agreement = verified.agreement;
  agreement.seed = seed;
  for (const auto* net : spec.networks()) {
    agreement.rtl +=
        (agreement.rtl.empty() ? "" : ", ") + net->name + " " + std::string(RtlModel::digest(*net));
  }
  for (std::size_t i = 0; i < sample.size(); ++i) {
    if (!compared.of[i]) {
      continue;
    }
    auto& row = verified.scenarios[sample[i].scenario];
    const auto& [fates, difference] = *compared.of[i];
    ++agreement.trials;
    ++row.trials;
    row.fates += fates;
    row.equal += difference.empty() ? 1 : 0;
    if (!difference.empty()) {
      agreement.differences.push_back(name(sample[i]) + " " + difference);
    }
    const int images = spec.scenarios[static_cast<std::size_t>(sample[i].scenario)].draw_plan.images;
    agreement.images += images;
    agreement.scores += std::int64_t{images} *
                        spec.scenarios[static_cast<std::size_t>(sample[i].scenario)].net->scores();
    agreement.upsets += std::ssize(sample[i].fates);
    agreement.fates += fates;
  }
  return verified;
}

}  // namespace fluence
