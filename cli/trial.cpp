#include <fmt/format.h>

#include <memory>

#include "analysis/report.hpp"
#include "base/output_file.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/outputs.hpp"
#include "cli/printout.hpp"
#include "fault/fault_list.hpp"
#include "session/session.hpp"
#include "session/stored_trial.hpp"

namespace fluence::cli {
namespace {

struct TrialArguments {
  TrialChoice choice;
  std::string engine, list;
  Printout out;
};

int run_trial(TrialArguments& arguments) {
  auto& out = arguments.out;
  Outputs outputs;
  outputs.reads_results("the campaign", arguments.choice.folder)
      .reads("--params", arguments.choice.params)
      .reads("--images", arguments.choice.images)
      .writes("--out", arguments.list);
  out.declare(outputs);
  outputs.check();
  auto [tally, stored, failure, trial, net, session] = load_trial(arguments.choice);
  const auto engine_name = arguments.engine.empty() ? tally.engine : arguments.engine;
  if (!arguments.list.empty()) {
    write_file(arguments.list, to_line({trial, {}}) + "\n");
  }
  if (!stored) {  // said first: it may fail again
    out.say("recorded as a trial that could not be evaluated: " + failure + "\n");
  }
  const auto engine = session.make_engine(engine_from_string(engine_name), *net, tally.images);
  const auto fault_free = engine->run({0, tally.images, {}}, Semantics::physical);
  const auto outcomes =
      compare(engine->run(trial, semantics_from_string(tally.semantics)), fault_free.scores,
              session.labels(*net), engine->decider(), engine->scores(), nullptr, tally.rule);
  const bool same = !stored || outcomes == stored->outcomes;
  const auto text = fmt::format(
      "{} {} {} layers {} {}, trial {} on engine {}\n"
      "{} of {} correct without faults, {} with; masked {}, tolerable {}, critical {}, hang {}\n"
      "{}\n",
      tally.network, tally.mode, tally.spaces, tally.layers, tally.amount(), trial.id, engine_name,
      tally.baseline_correct, tally.images, outcomes.correct, outcomes.masked, outcomes.tolerable,
      outcomes.critical, outcomes.hang,
      !stored ? "now it could be: 'fluence run' with --retry-failed takes it in"
      : same  ? "every score as in the stored result"
              : "every score NOT as in the stored result");
  const nlohmann::ordered_json row{
      {"scenario", arguments.choice.scenario},
      {"trial", trial.id},
      {"engine", engine_name},
      {"network", tally.network},
      {"mode", tally.mode},
      {"space", tally.spaces},
      {"layers", tally.layers},
      {"faults", upsets_json(tally)},
      {"images", tally.images},
      {"fault_free", tally.baseline_correct},
      {"correct", outcomes.correct},
      {"masked", outcomes.masked},
      {"tolerable", outcomes.tolerable},
      {"critical", outcomes.critical},
      {"hang", outcomes.hang},
      {"as_stored", stored ? nlohmann::ordered_json(same) : nlohmann::ordered_json()}};
  out.show(text, nlohmann::ordered_json::array({row}));
  out.end();
  return same ? kDone : kFailed;
}

}  // namespace

void add_trial(CLI::App& app, int& code) {
  auto* command = app.add_subcommand(
      "trial", "Run one trial of a campaign again and compare it with what is stored");
  auto arguments = std::make_shared<TrialArguments>();
  command->add_option("folder", arguments->choice.folder, "results of 'fluence run'")
      ->type_name("DIR")
      ->required();
  const auto number = [command](const char* name, int& value, const char* text) {
    command->add_option(name, value, text)
        ->type_name("N")
        ->required()
        ->transform(in_range(0, 1'000'000'000));
  };
  number("--scenario", arguments->choice.scenario, "its number, from 0, as in the report");
  number("--trial", arguments->choice.trial, "its number within the scenario, from 0");
  add_params(*command, arguments->choice.params);
  add_images(*command, arguments->choice.images);
  command->add_option("--engine", arguments->engine, "fast or rtl [the scenario's]")
      ->type_name("ENGINE");
  command->add_option("--out", arguments->list, "also its fault list, for 'fluence replay'")
      ->type_name("LIST.jsonl");
  arguments->out.add_json(*command, "what is said");
  add_example(*command, "fluence trial results/uniform --scenario 55 --trial 3");
  command->callback([arguments, &code] { code = run_trial(*arguments); });
}

}  // namespace fluence::cli
