#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/commands.hpp"
#include "cli/inputs.hpp"
#include "cli/options.hpp"
#include "fault/campaign/store.hpp"
#include "fault/fault_list.hpp"
#include "fault/output_file.hpp"
#include "network/error.hpp"

namespace fluence::cli {
namespace {

struct TrialArguments {
  std::string folder, params, images, list;
  std::string engine;
  int scenario = 0;
  int trial = 0;
};

int run_trial(const TrialArguments& arguments) {
  auto store = Store::open_existing(arguments.folder);
  const auto tallies = store.tallies();
  const auto at = static_cast<std::size_t>(arguments.scenario);
  if (at >= tallies.size()) {
    throw InputError("--scenario " + std::to_string(arguments.scenario) + " does not exist in " +
                     arguments.folder + ": use 0 to " + std::to_string(tallies.size() - 1));
  }
  const auto& tally = tallies[at];
  const auto trials = store.trials(arguments.scenario);
  const auto stored = std::ranges::find(trials, arguments.trial, &StoredTrial::trial);
  if (stored == trials.end()) {
    throw InputError("--trial " + std::to_string(arguments.trial) + " of scenario " +
                     std::to_string(arguments.scenario) + " has not finished in " + arguments.folder +
                     ": name one that has, or run the campaign on");
  }
  FaultCase trial{arguments.trial, tally.images, {}};
  for (const auto& upset : store.upsets(arguments.scenario, arguments.trial)) {
    trial.faults.push_back(upset.fault);
  }

  const auto& net = topology(tally.network);
  Inputs inputs(arguments.params, {&net}, arguments.images);
  int most = 0;
  for (const auto& t : tallies) {
    most = std::max(most, t.images);
  }
  inputs.keep_images(most, arguments.folder);
  require_inputs(store.manifest(), inputs, net, arguments.folder);
  std::vector<std::uint8_t> labels;
  for (int i = 0; i < tally.images; ++i) {
    labels.push_back(inputs.images()[i].label);
  }
  const auto engine_name = arguments.engine.empty() ? tally.engine : arguments.engine;
  const auto engine = inputs.make_engine(engine_from_string(engine_name), net, tally.images);
  const auto fault_free = engine->run({0, tally.images, {}}, Semantics::physical);
  const auto outcomes =
      compare(engine->run(trial, semantics_from_string(tally.semantics)), fault_free.scores, labels);
  if (!arguments.list.empty()) {
    write_file(arguments.list, to_line({trial, {}}) + "\n");
  }
  const bool same = outcomes == stored->outcomes;
  print(fmt::format(
      "{} {} {} layers {} faults {}, trial {} on engine {}\n"
      "{} of {} correct without faults, {} with; masked {}, tolerable {}, critical {}, hang {}\n"
      "every score {} the stored result\n",
      tally.network, tally.mode, tally.spaces, tally.layers, tally.faults, arguments.trial, engine_name,
      tally.baseline_correct, tally.images, outcomes.correct, outcomes.masked, outcomes.tolerable,
      outcomes.critical, outcomes.hang, same ? "as in" : "NOT as in"));
  return same ? kDone : kFailed;
}

}  // namespace

void add_trial(CLI::App& app, int& code) {
  auto* command = app.add_subcommand(
      "trial", "Run one trial of a campaign again and compare it with what is stored");
  auto arguments = std::make_shared<TrialArguments>();
  command->add_option("folder", arguments->folder, "results of 'fluence run'")
      ->type_name("DIR")
      ->required();
  const auto number = [command](const char* name, int& value, const char* text) {
    command->add_option(name, value, text)
        ->type_name("N")
        ->required()
        ->check(CLI::Range(0, 1'000'000'000));
  };
  number("--scenario", arguments->scenario, "its number, from 0, as in the report");
  number("--trial", arguments->trial, "its number within the scenario, from 0");
  add_params(*command, arguments->params);
  add_images(*command, arguments->images);
  command->add_option("--engine", arguments->engine, "fast or rtl [the scenario's]")
      ->type_name("ENGINE");
  command->add_option("--list", arguments->list, "also its fault list, for 'fluence replay'")
      ->type_name("LIST.jsonl");
  add_example(*command, "fluence trial results/uniform --scenario 55 --trial 3");
  command->callback([arguments, &code] { code = run_trial(*arguments); });
}

}  // namespace fluence::cli
