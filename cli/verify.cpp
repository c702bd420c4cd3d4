#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <utility>

#include "analysis/agreement.hpp"
#include "base/error.hpp"
#include "campaign/outcome.hpp"
#include "campaign/progress.hpp"
#include "campaign/provenance.hpp"
#include "campaign/stop_signals.hpp"
#include "campaign/worker_pool.hpp"
#include "cli/commands.hpp"
#include "cli/inputs.hpp"
#include "cli/options.hpp"
#include "cli/outputs.hpp"
#include "fault/fast_engine.hpp"
#include "platform/rtl_engine.hpp"
#include "rtl/model/rtl_model.hpp"

namespace fluence::cli {
namespace {

struct VerifyArguments {
  std::string folder, params, images;
  int sample = 0;
  std::uint64_t seed = 1;
  int jobs = default_jobs();
  double limit = 0;
};

struct Sampled {
  int scenario = 0;
  int trial = 0;
  // As stored:
  std::string digest;
  std::vector<Fate> fates{};
};

// What the comparison of a trial has found.
struct Compared {
  int fates = 0;           ///< that both engines know
  std::string difference;  ///< empty: none
};
struct Comparisons {
  std::vector<std::optional<Compared>> of;  ///< [sampled]; none: not done
  std::string failures;                     ///< a line for each that could not be
  PoolEnd end = PoolEnd::complete;
};

// The spec as it was run.
Spec stored_spec(const Manifest& manifest, const std::string& folder) {
  const auto value = [&](const char* key) {
    const auto it = manifest.find(key);
    return it == manifest.end() ? std::string() : it->second;
  };
  auto spec = Spec::parse(value("spec"), folder + "/results.sqlite");
  auto seed = value("seed");
  if (!in_range(std::int64_t{0}, kMostSeed)(seed).empty()) {
    throw InputError("the results in " + folder + " are damaged (their seed is '" + seed +
                     "'): run the campaign again");
  }
  spec.seed = std::stoull(seed);
  return spec;
}

// Refuses parameters, images or an RTL other than those of the results.
void require_equal(const Manifest& stored, const Manifest& present, const std::string& folder) {
  require_own_rtl(stored, folder);
  for (const auto& [key, value] : stored) {
    const auto it = present.find(key);
    if (!is_provenance(key) && (it == present.end() || it->second != value)) {
      throw InputError("the results in " + folder + " rest on another '" + key +
                       "' than the one at hand: give the --params and --images of the campaign, and the "
                       "fluence that ran it");
    }
  }
}

std::vector<Sampled> draw_sample(Store& store, const Spec& spec, const VerifyArguments& arguments) {
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
    throw InputError("the results in " + arguments.folder +
                     " hold no trial of the fast engine: name those of a campaign with one");
  }
  if (static_cast<std::size_t>(arguments.sample) > finished.size()) {
    throw InputError(fmt::format(
        "--sample {} is more than the {} trials of the fast engine that {} holds: ask for {} or fewer",
        arguments.sample, finished.size(), arguments.folder, finished.size()));
  }
  std::vector<Sampled> sample;
  std::mt19937_64 random(arguments.seed);
  std::ranges::sample(finished, std::back_inserter(sample), arguments.sample, random);
  for (auto& s : sample) {
    s.digest = store.scores_digest(s.scenario, s.trial);
    for (const auto& upset : store.upsets(s.scenario, s.trial)) {
      s.fates.push_back(upset.fate);
    }
  }
  return sample;
}

std::string name(const Sampled& sampled) {
  return fmt::format("trial {} of scenario {}", sampled.trial, sampled.scenario);
}

Compared compare_results(const TrialResult& fast, const TrialResult& rtl, const Sampled& sampled,
                         std::span<const std::int16_t> fault_free) {
  const auto first = std::ranges::mismatch(fast.scores, rtl.scores).in1 - fast.scores.begin();
  if (first < std::ssize(fast.scores)) {
    return {0, fmt::format("differs from image {} on", first / kScores)};
  }
  if (fast.images_done != rtl.images_done || fast.hang != rtl.hang) {
    return {0,
            fmt::format("finishes {} images on fast and {} on rtl", fast.images_done, rtl.images_done)};
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
  const std::vector<std::uint8_t> labels(
      fast.scores.size() / kScores);  // neither these nor the classes are part of the digest
  if (compare(fast, fault_free, labels, kScores).digest != sampled.digest) {
    return {known, "gives other scores than the stored ones"};
  }
  if (fast.fates != sampled.fates) {
    return {known, "gives other fates than the stored ones"};
  }
  return {known, ""};
}

class BothEngines final : public TaskRunner {
 public:
  BothEngines(const Spec& spec, const std::vector<Sampled>& sample, const Topology& net,
              const Inputs& inputs)
      : spec_(spec),
        sample_(sample),
        sites_(net),
        rtl_(make_rtl_engine(inputs.parameters(net), inputs.images())),
        fast_(
            inputs.parameters(net), inputs.images(), FastEngine::kDefaultCacheBytes,
            [&net] { return load_schedule(net); }, [rtl = rtl_] { return rtl; }) {}

  std::string run(int index) override {
    const auto& sampled = sample_[static_cast<std::size_t>(index)];
    const auto& scenario = spec_.scenarios[static_cast<std::size_t>(sampled.scenario)];
    const auto trial = Drawer(sites_, scenario.recipe)
                           .draw(spec_.seed, scenario.key(), static_cast<std::uint64_t>(sampled.trial));
    const auto semantics = scenario.recipe.semantics;
    const auto fault_free = fast_.run({0, trial.images, {}}, semantics).scores;
    const auto compared =
        compare_results(fast_.run(trial, semantics), rtl_->run(trial, semantics), sampled, fault_free);
    return std::to_string(compared.fates) + "\n" + compared.difference;
  }

 private:
  const Spec& spec_;
  const std::vector<Sampled>& sample_;
  SiteMap sites_;
  std::shared_ptr<RtlEngine> rtl_;
  FastEngine fast_;
};

Comparisons run_both(const Spec& spec, const std::vector<Sampled>& sample, const Inputs& inputs,
                     const VerifyArguments& arguments) {
  const auto nets = spec.networks();
  std::vector<Task> tasks;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const auto* net = spec.scenarios[static_cast<std::size_t>(sample[i].scenario)].net;
    tasks.push_back(
        {static_cast<int>(std::ranges::find(nets, net) - nets.begin()), static_cast<int>(i)});
  }
  std::ranges::stable_sort(tasks, {}, &Task::group);
  Comparisons compared;
  compared.of.resize(sample.size());
  ItemProgress progress(std::ssize(sample), "trials compared");
  PoolHooks hooks;
  hooks.start = [&](int group) -> std::unique_ptr<TaskRunner> {
    return std::make_unique<BothEngines>(spec, sample, *nets[static_cast<std::size_t>(group)], inputs);
  };
  std::int64_t finished = 0;
  hooks.limit = [&](int) { return arguments.limit; };
  hooks.done = [&](int index, const std::string& result) {
    compared.of[static_cast<std::size_t>(index)] = {std::stoi(result),
                                                    result.substr(result.find('\n') + 1)};
    ++finished;
  };
  hooks.failed = [&](int index, const std::string& why) {
    compared.failures +=
        name(sample[static_cast<std::size_t>(index)]) + " could not be compared: " + why + "\n";
    ++finished;
  };
  hooks.tick = [&] { progress.show(finished); };
  hooks.name = [&](int index) { return name(sample[static_cast<std::size_t>(index)]); };
  compared.end = run_pool(tasks, arguments.jobs, hooks);
  progress.end();
  return compared;
}

int verify(const VerifyArguments& arguments) {
  const StopSignals stop_signals;
  auto store = Store::open_existing(arguments.folder);
  auto manifest = store.manifest();
  manifest.erase("shard");     // the trials of a shard are those of the campaign
  manifest.erase("firmware");  // which trials of the fast engine never see
  auto spec = stored_spec(manifest, arguments.folder);
  add_run_lengths(spec);
  Inputs inputs(arguments.params.empty() ? spec.params : std::filesystem::path(arguments.params),
                spec.networks(),
                arguments.images.empty() ? spec.images : std::filesystem::path(arguments.images));
  inputs.keep_images(spec.most_images(), arguments.folder);
  require_equal(manifest, manifest_of(spec, inputs), arguments.folder);
  Outputs().writes("the folder's", std::filesystem::path(arguments.folder) / kAgreementFile).check();
  const auto sample = draw_sample(store, spec, arguments);
  const auto compared = run_both(spec, sample, inputs, arguments);

  struct Row {
    int trials = 0, fates = 0, equal = 0;
  };
  std::map<int, Row> rows;
  std::string wrong;
  Agreement agreement;
  agreement.seed = arguments.seed;
  for (const auto* net : spec.networks()) {
    agreement.rtl +=
        (agreement.rtl.empty() ? "" : ", ") + net->name + " " + std::string(RtlModel::digest(*net));
  }
  for (std::size_t i = 0; i < sample.size(); ++i) {
    if (!compared.of[i]) {
      continue;
    }
    auto& row = rows[sample[i].scenario];
    const auto& [fates, difference] = *compared.of[i];
    ++agreement.trials;
    ++row.trials;
    row.fates += fates;
    row.equal += difference.empty() ? 1 : 0;
    if (!difference.empty()) {
      agreement.differences.push_back(name(sample[i]) + " " + difference);
      wrong += agreement.differences.back() + "\n";
    }
    const int images = spec.scenarios[static_cast<std::size_t>(sample[i].scenario)].recipe.images;
    agreement.images += images;
    agreement.scores += std::int64_t{images} * kScores;
    agreement.upsets += std::ssize(sample[i].fates);
    agreement.fates += fates;
  }
  auto table = fmt::format("{:>8} {:>7} {:>9} {:>9} {:>7}  {}\n", "scenario", "trials", "images",
                           "fates", "equal", "what");
  for (const auto& [id, row] : rows) {
    const auto& scenario = spec.scenarios[static_cast<std::size_t>(id)];
    table += fmt::format("{:>8} {:>7} {:>9} {:>9} {:>7}  {}\n", id, row.trials,
                         row.trials * scenario.recipe.images, row.fates, row.equal, scenario.text());
  }
  if (compared.end == PoolEnd::complete && agreement.trials > 0) {
    write_agreement(arguments.folder, agreement, store.manifest());
  }
  print((agreement.trials > 0 ? table + wrong : "") + compared.failures);
  if (compared.end == PoolEnd::interrupted) {
    complain(
        fmt::format("interrupted with {} of {} trials compared, {} of them different: run the same "
                    "command to compare all",
                    agreement.trials, sample.size(), agreement.differences.size()));
    return kFailed;
  }
  return wrong.empty() && compared.failures.empty() ? kDone : kFailed;
}

}  // namespace

void add_verify(CLI::App& app, int& code) {
  auto* command = app.add_subcommand(
      "verify",
      "Run a sample of a campaign's trials on both engines and compare every score of every image and "
      "every fate that both know. The rtl engine starts at a checkpoint before the first upset; a trial "
      "timed by image runs as a "
      "whole");
  auto arguments = std::make_shared<VerifyArguments>();
  command
      ->add_option("results", arguments->folder,
                   "folder that 'fluence run' wrote, finished or not, of a campaign or a shard")
      ->type_name("DIR")
      ->required();
  command
      ->add_option("--sample", arguments->sample, "trials, drawn over all scenarios of the fast engine")
      ->type_name("K")
      ->transform(in_range(1, 1'000'000))
      ->required();
  command->add_option("--seed", arguments->seed, "of the choice")
      ->type_name("N")
      ->transform(in_range(std::int64_t{0}, kMostSeed))
      ->capture_default_str();
  add_params(*command, arguments->params);
  add_images(*command, arguments->images);
  add_jobs(*command, arguments->jobs);
  add_limit(*command, arguments->limit, "both runs of a trial together");
  add_example(*command, "fluence verify results/smoke --sample 10 --jobs 2");
  command->callback([arguments, &code] { code = verify(*arguments); });
}

}  // namespace fluence::cli
