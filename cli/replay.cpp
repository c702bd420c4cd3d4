#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "campaign/progress.hpp"
#include "campaign/stop_signals.hpp"
#include "campaign/worker_pool.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/outputs.hpp"
#include "fault/fault_list.hpp"
#include "network/known_networks.hpp"
#include "session/replay.hpp"
#include "session/select.hpp"

namespace fluence::cli {
namespace {

struct ReplayArguments {
  std::string faults, network, params, images, semantics, out;
  std::string engine = "fast";
  HostOptions host;
  std::optional<int> select;
  bool all_scores = false;
  int jobs = default_jobs();
  double limit = 0;
};

std::vector<Replayed> run_cases(const std::vector<ListedCase>& cases, const Topology& net,
                                Session& session, const ReplayArguments& arguments) {
  std::int64_t finished = 0;
  Progress progress(std::ssize(cases), "cases");
  ReplayPlan plan{&net,
                  engine_from_string(arguments.engine),
                  arguments.semantics,
                  arguments.all_scores,
                  arguments.jobs,
                  arguments.limit,
                  arguments.faults};
  plan.tick = [&](std::int64_t done) { progress.show(finished = done); };
  auto results = fluence::replay(cases, session, plan);
  progress.end();
  if (!results) {
    throw std::runtime_error("interrupted after " + std::to_string(finished) + " of " +
                             std::to_string(cases.size()) + " cases: nothing was written to " +
                             arguments.out);
  }
  return std::move(*results);
}

std::string streams_line(const ReplayAgreement& agreement, const std::string& engine) {
  if (agreement.expected_streams == 0) {
    return "";
  }
  return agreement.known_streams == 0
             ? "the listed streams are not compared: engine " + engine + " does not tell them here\n"
             : fmt::format("{} of {} give the listed streams\n", agreement.equal_streams,
                           agreement.known_streams);
}

int replay(const ReplayArguments& arguments) {
  const StopSignals stop_signals;
  const auto& net = find_topology(arguments.network);
  const SiteMap sites(net);
  Outputs()
      .reads("--faults", arguments.faults)
      .reads("--params", arguments.params)
      .reads("--images", arguments.images)
      .reads("--firmware", arguments.host.firmware)
      .writes("--out", arguments.out)
      .check();
  auto cases = read_fault_list(arguments.faults, sites);
  if (arguments.select) {
    cases = select_cases(cases, *arguments.select, arguments.faults);
  }
  Session session(arguments.params, {&net}, arguments.images);
  session.use_host(arguments.host, engine_from_string(arguments.engine) == EngineKind::rtl);
  int images = 0;
  for (const auto& listed : cases) {
    images = std::max(images, listed.trial.images);
  }
  session.keep_images(images, arguments.faults);
  const auto results = run_cases(cases, net, session, arguments);
  write_file(arguments.out, to_lines(cases, results));
  const auto agreement = agreement_of(cases, results);
  print(fmt::format("{} on engine {}: {} cases replayed", net.name, arguments.engine, cases.size()) +
        (agreement.expected == 0 ? ", none with listed scores\n"
                                 : fmt::format(", {} of {} give the listed scores ({} images)\n",
                                               agreement.equal, agreement.expected, agreement.images)) +
        streams_line(agreement, arguments.engine) + agreement.differing + agreement.failures);
  return agreement.good() ? kDone : kFailed;
}

}  // namespace

void add_replay(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("replay", "Run an explicit list of faults and write the scores");
  auto arguments = std::make_shared<ReplayArguments>();
  command
      ->add_option(
          "--faults", arguments->faults,
          "cases, JSON Lines, whose scores, words and last_streams are checked; or .csv, another "
          "tool's (docs/fault-model.md)")
      ->type_name("LIST.jsonl")
      ->required();
  add_network(*command, arguments->network);
  add_params(*command, arguments->params);
  add_images(*command, arguments->images);
  add_engine(*command, arguments->engine);
  add_host(*command, arguments->host);
  command
      ->add_option("--semantics", arguments->semantics,
                   "physical, source or shipped [source for faults by image, physical by cycle]")
      ->type_name("SEMANTICS");
  command
      ->add_option("--select", arguments->select,
                   "only K cases that cover every layer and target, those with the fewest stops")
      ->type_name("K")
      ->transform(in_range(1, 1'000'000));
  command->add_flag("--all-scores", arguments->all_scores,
                    "write all scores of an image, as for a list that states as many [those of the "
                    "classes]");
  add_jobs(*command, arguments->jobs);
  add_limit(*command, arguments->limit, "a case");
  command->add_option("--out", arguments->out, "scores of each case, JSON Lines")
      ->type_name("OUT.jsonl")
      ->required();
  add_example(*command, "fluence replay --faults campaigns/example-faults.jsonl --network " +
                            example_network() +
                            " --engine rtl "
                            "--out scores.jsonl");
  command->callback([arguments, &code] { code = replay(*arguments); });
}

}  // namespace fluence::cli
