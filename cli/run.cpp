#include <algorithm>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <stdexcept>

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/text.hpp"
#include "campaign/runner.hpp"
#include "campaign/stop_signals.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "session/session.hpp"

namespace fluence::cli {
namespace {

struct RunArguments {
  std::string spec, out, params, images, shard;
  std::optional<std::uint64_t> seed;
  HostOptions host;
  int jobs = default_jobs();
  bool retry_failed = false;
};

PoolEnd run_to_end(const Spec& spec, Store& store, Session& session, const RunOptions& options) {
  const auto factory = [&](EngineKind kind, const Topology& net, int images) {
    return session.make_engine(kind, net, images);
  };
  std::vector<std::uint8_t> labels;
  for (int i = 0; i < session.images().size(); ++i) {
    labels.push_back(session.images()[i].label);
  }
  try {
    return run_campaign(spec, store, factory, labels, options);
  } catch (const InputError&) {
    throw;
  } catch (const std::runtime_error& e) {
    throw std::runtime_error(std::string(e.what()) +
                             "; finished trials are kept: run the same command to resume");
  }
}

int count_failed(Store& store) {
  const auto tallies = store.tallies();
  return std::accumulate(tallies.begin(), tallies.end(), 0,
                         [](int sum, const ScenarioTally& tally) { return sum + tally.failed; });
}

int run(const RunArguments& arguments) {
  const StopSignals stop_signals;
  auto spec = Spec::load(arguments.spec);
  add_run_lengths(spec);
  spec.seed = arguments.seed.value_or(spec.seed);
  Session session(arguments.params.empty() ? spec.params : std::filesystem::path(arguments.params),
                  spec.networks(),
                  arguments.images.empty() ? spec.images : std::filesystem::path(arguments.images));
  session.use_host(arguments.host, std::ranges::any_of(spec.scenarios, [](const auto& scenario) {
                     return scenario.engine == EngineKind::rtl;
                   }));
  session.check_capable(spec, arguments.spec);
  session.keep_images(spec.most_images(), arguments.spec);
  std::string out = arguments.out.empty() ? "results/" + spec.name : arguments.out;
  auto manifest = manifest_of(spec, session);
  std::string what = spec.name;
  Shard shard;
  if (!arguments.shard.empty()) {
    shard = Shard::parse(arguments.shard);
    const auto has_target = [](const Scenario& scenario) { return scenario.target.has_value(); };
    if (std::ranges::any_of(spec.scenarios, has_target)) {
      throw InputError(
          arguments.spec +
          ": 'margin' ends a scenario by the results of all its trials, which no shard has: "
          "run the campaign without --shard, or take 'margin' out");
    }
    out = (std::filesystem::path(out) / shard.folder()).string();
    manifest["shard"] = shard.text();
    what += ", shard " + shard.text() + ",";
  }
  auto store = Store::open(out, manifest, spec.scenarios);
  if (const auto stored = store.manifest(); !spec.study.empty() && !stored.contains("study")) {
    complain("the results in " + out + " were begun without the study: 'fluence report --study " +
             spec.study + "' compares them with it");
  }
  const auto end = run_to_end(spec, store, session, {arguments.jobs, shard, arguments.retry_failed});
  const auto done = std::to_string(store.trials_on_disk()) + " trials in " + printable(out);
  if (end == PoolEnd::interrupted) {
    complain("interrupted with " + done + ": run the same command to resume");
    return kFailed;
  }
  if (const int failed = count_failed(store); failed > 0) {
    complain(
        what + " is complete, " + done + ", but " + std::to_string(failed) +
        " of them could not be evaluated: run the same command with --retry-failed, or see: fluence "
        "report " +
        shell_path(out));
    return kFailed;
  }
  print(what + " is complete, " + done + "; see: fluence report " + shell_path(out) + "\n");
  return kDone;
}

}  // namespace

void add_run(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("run",
                                     "Run a campaign, or resume one that was stopped. Ctrl-C ends it in "
                                     "order; once more, a second or more later, kills it");
  auto arguments = std::make_shared<RunArguments>();
  command->add_option("spec", arguments->spec, "the campaign, a TOML file")
      ->type_name("SPEC.toml")
      ->required();
  command->add_option("--out", arguments->out, "folder of the results [results/<name>]")
      ->type_name("DIR");
  command
      ->add_option(
          "--shard", arguments->shard,
          "run part i (from 0) of n alone, into the folder shard-i-of-n below --out; see 'fluence "
          "merge'")
      ->type_name("i/n");
  add_params(*command, arguments->params);
  add_images(*command, arguments->images);
  command->add_option("--seed", arguments->seed, "instead of the campaign's seed")
      ->type_name("N")
      ->transform(in_range(std::int64_t{0}, kMostSeed));
  add_jobs(*command, arguments->jobs);
  add_host(*command, arguments->host);
  command->add_flag("--retry-failed", arguments->retry_failed,
                    "also run again the trials that could not be evaluated");
  add_example(*command, "fluence run campaigns/smoke.toml --out results/smoke --jobs 2");
  command->callback([arguments, &code] { code = run(*arguments); });
}

}  // namespace fluence::cli
