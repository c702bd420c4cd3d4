#include <fmt/format.h>

#include <memory>

#include "analysis/planner.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/printout.hpp"
#include "network/known_networks.hpp"
#include "session/session.hpp"

namespace fluence::cli {
namespace {

struct PlanArguments {
  std::string network;
  std::vector<std::string> spaces = {"weights", "thresholds"};
  double margin = 1, confidence = 95, share = 50;  // per cent
  int count = 1000;
  Printout out;
};

int plan(PlanArguments& arguments) {
  auto& out = arguments.out;
  out.check();
  const auto& net = find_topology(arguments.network);
  std::vector<Space> spaces;
  for (const auto& name : arguments.spaces) {
    spaces.push_back(space_from_string(name));
  }
  const auto cycles = load_schedule(net).run_length(arguments.count);
  const Precision precision{arguments.margin / 100, arguments.confidence / 100, arguments.share / 100};
  out.say(fmt::format(
      "{}: trials of one upset each that know a share of {} % to +- {} % at {} % confidence\n", net.name,
      arguments.share, arguments.margin, arguments.confidence));
  Table table({{"space", "space", "{:<12}"},
               {"layer", "layer", " {:>5}"},
               {"bits", "bits", " {:>9}"},
               {"population", "population", " {:>10.3g}"},
               {"trials", "trials", " {:>8}"}});
  std::uint64_t bits = 0;
  std::uint64_t trials = 0;
  for (const auto& s : plan_strata(SiteMap(net), spaces, static_cast<double>(cycles), precision)) {
    table.add(to_string(s.space), s.layer, s.bits, s.population, s.trials);
    bits += s.bits;
    trials += s.trials;
  }
  const double population = static_cast<double>(bits) * static_cast<double>(cycles);
  table.add("each stratum", nullptr, bits, population, trials);
  table.add("all as one", nullptr, bits, population, sample_size(population, precision));
  out.show(table);
  out.say(fmt::format("population: bits x {} cycles of a run of {} images\n", cycles, arguments.count));
  out.end();
  return kDone;
}

}  // namespace

void add_plan(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("plan", "How many trials an experiment needs, in space and layer");
  auto arguments = std::make_shared<PlanArguments>();
  add_network(*command, arguments->network);
  command
      ->add_option("--spaces", arguments->spaces,
                   "spaces to plan for, with commas or spaces [weights thresholds]")
      ->type_name("SPACE")
      ->delimiter(',');
  const auto per_cent = [command](const char* name, double& value, const char* text, double most) {
    command->add_option(name, value, text)
        ->type_name("%")
        ->transform(in_range(0.001, most))
        ->capture_default_str();
  };
  per_cent("--margin", arguments->margin, "half the width of the interval, per cent", 50);
  per_cent("--confidence", arguments->confidence, "per cent", 99.999);
  per_cent("--share", arguments->share, "the share as expected, per cent; 50 needs the most", 99.999);
  command->add_option("--count", arguments->count, "images a trial")
      ->type_name("K")
      ->transform(in_range(1, 1'000'000))
      ->capture_default_str();
  arguments->out.add_json(*command);
  add_example(*command, "fluence plan --network " + example_network() + " --margin 2 --confidence 99");
  command->callback([arguments, &code] { code = plan(*arguments); });
}

}  // namespace fluence::cli
