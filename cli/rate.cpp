#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/outputs.hpp"
#include "cli/printout.hpp"
#include "rates/failure_rates.hpp"

namespace fluence::cli {
namespace {

struct RateArguments {
  std::vector<std::string> folders;
  std::string device, environment;
  std::optional<double> scrub_hours;
  Printout out;
};

int rate(RateArguments& arguments) {
  auto& out = arguments.out;
  Outputs outputs;
  for (const auto& folder : arguments.folders) {
    outputs.reads_results("the results", folder);
  }
  outputs.reads("--device", arguments.device).reads("--environment", arguments.environment);
  out.declare(outputs);
  outputs.check();
  const auto device = read_device(arguments.device);
  const auto environment = read_environment(arguments.environment);
  std::vector<Derating> found;
  std::vector<Accumulation> accumulated;
  const auto& folder = arguments.folders.front();
  if (has_any_map(folder)) {
    if (arguments.scrub_hours) {
      throw InputError("the map in " + folder +
                       " says nothing of upsets that accumulate: leave out --scrub, or name a campaign");
    }
    found = map_deratings(arguments.folders);
  } else if (arguments.folders.size() > 1) {
    throw InputError(folder +
                     " is no map and has a rate of its own: name it alone, or several maps of different "
                     "spaces");
  } else {
    auto store = Store::open_existing(folder);
    found = deratings(store, folder);
    accumulated = accumulations(store, folder);
    std::set<std::string> rules;
    for (const auto& tally : store.tallies()) {
      if (tally.rule.critical != CriticalRule()) {
        rules.insert("critical in " + printable(tally.network) + ": " + tally.rule.critical.text() +
                     "\n");
      }
    }
    for (const auto& rule : rules) {
      out.say(rule);
    }
  }
  const auto rates = failure_rates(found, accumulated, device, environment, arguments.scrub_hours);
  out.show(rate_text(rates), rate_json(rates));
  if (out.wants_csv()) {
    out.csv(rate_csv(rates));
  }
  out.end();
  return kDone;
}

}  // namespace

void add_rate(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("rate",
                                     "Turn complete maps, exactly, or a campaign, with its intervals, "
                                     "into rates: upsets a day, FIT by "
                                     "outcome, and when so many upsets have accumulated");
  auto arguments = std::make_shared<RateArguments>();
  command
      ->add_option("results", arguments->folders,
                   "folder of 'fluence run', or those of 'fluence map' of different spaces")
      ->type_name("DIR")
      ->required();
  command->add_option("--device", arguments->device, "cross sections of its memories (docs/rates.md)")
      ->type_name("FILE.toml")
      ->required();
  command->add_option("--environment", arguments->environment, "fluxes of particles (docs/rates.md)")
      ->type_name("FILE.toml")
      ->required();
  command
      ->add_option("--scrub", arguments->scrub_hours,
                   "of a campaign: accuracy where parameters are written anew every so many hours")
      ->type_name("HOURS")
      ->transform(in_range(1e-6, 1e9));
  arguments->out.add_csv(*command, "a row for each space and layer");
  arguments->out.add_json(*command, "everything");
  add_example(*command,
              "fluence rate results/map --device radiation/7-series.device.toml --environment "
              "radiation/new-york.environment.toml");
  command->callback([arguments, &code] { code = rate(*arguments); });
}

}  // namespace fluence::cli
