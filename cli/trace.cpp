#include "trace/trace.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>

#include "analysis/report.hpp"
#include "base/error.hpp"
#include "base/output_file.hpp"
#include "campaign/progress.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/outputs.hpp"
#include "cli/printout.hpp"
#include "cli/trace_output.hpp"
#include "fault/fault_list.hpp"
#include "network/known_networks.hpp"
#include "session/session.hpp"
#include "session/stored_trial.hpp"

namespace fluence::cli {
namespace {

constexpr int kTraceImages = 2;

struct TraceArguments {
  TrialChoice choice;  ///< with folder: a trial of a campaign
  std::optional<int> scenario, trial;
  std::string network, faults, semantics;
  std::optional<std::int64_t> id;
  std::string space;  ///< else one upset
  Site site;
  int word_size = 1;
  std::string kind = "flip";
  std::optional<std::uint64_t> cycle, duration;
  std::optional<std::int64_t> before_image;
  std::optional<int> count;
  std::string out;  ///< a folder for what is not placed elsewhere
  std::string waves, html;
  std::string of_waves;  ///< an option that is of these alone
  Printout printout;
  std::uint64_t before = TraceOptions{}.before;
  std::uint64_t after = TraceOptions{}.after;
};

struct Chosen {
  const Topology* net;
  Session session;
  FaultCase trial;
  Semantics semantics;
};

FaultCase listed_case(const TraceArguments& arguments, const SiteMap& sites) {
  const auto cases = read_fault_list(arguments.faults, sites);
  if (!arguments.id && cases.size() != 1) {
    throw InputError(arguments.faults + " holds " + std::to_string(cases.size()) +
                     " cases: name one with --id");
  }
  const auto found = std::ranges::find_if(cases, [&](const ListedCase& listed) {
    return !arguments.id || listed.trial.id == *arguments.id;
  });
  if (found == cases.end()) {
    throw InputError(arguments.faults + " holds no case with the id " + std::to_string(*arguments.id) +
                     ": name one that it holds with --id");
  }
  return found->trial;
}

FaultCase one_upset(const TraceArguments& arguments, const SiteMap& sites) {
  if (arguments.cycle.has_value() == arguments.before_image.has_value()) {
    throw InputError("an upset needs one time: give either --cycle or --before-image");
  }
  auto site = arguments.site;
  site.space = space_from_string(arguments.space);
  static_cast<void>(sites.array_of(site));
  return {0,
          kTraceImages,
          {{arguments.before_image, arguments.cycle, site, arguments.word_size,
            fault_kind_from_string(arguments.kind), arguments.duration}}};
}

Chosen choose(const TraceArguments& arguments) {
  const bool campaign = !arguments.choice.folder.empty();
  const int ways =
      (campaign ? 1 : 0) + (arguments.faults.empty() ? 0 : 1) + (arguments.space.empty() ? 0 : 1);
  if (ways != 1) {
    throw InputError(
        "a trace needs one fault to follow: give either a campaign's folder with --scenario and "
        "--trial, "
        "or --faults, or --space with the rest of a site");
  }
  if (campaign) {
    if (!arguments.scenario || !arguments.trial || !arguments.network.empty()) {
      throw InputError("a trial of " + arguments.choice.folder +
                       " is named by --scenario and --trial alone: give both, and no --network");
    }
    auto choice = arguments.choice;
    choice.scenario = *arguments.scenario;
    choice.trial = *arguments.trial;
    auto loaded = load_trial(choice);
    return {loaded.net, std::move(loaded.session), std::move(loaded.trial),
            semantics_from_string(loaded.tally.semantics)};
  }
  if (arguments.network.empty()) {
    throw InputError("--network is missing: name the network of the fault");
  }
  const auto& net = find_topology(arguments.network);
  const SiteMap sites(net);
  auto trial = arguments.faults.empty() ? one_upset(arguments, sites) : listed_case(arguments, sites);
  Session session(arguments.choice.params, {&net}, arguments.choice.images);
  const auto semantics = semantics_of(trial, arguments.semantics);
  return {&net, std::move(session), std::move(trial), semantics};
}

// As the fast engine knows them, without simulating: of all but control, and of parameters alone where
// the times are images.
std::vector<Fate> fates_of(Chosen& chosen) {
  const auto known = [](const Fault& fault) {
    const bool parameter = fault.site.space == Space::weights || fault.site.space == Space::thresholds;
    return fault.cycle ? fault.site.space != Space::control : parameter;
  };
  auto data = chosen.trial;
  std::erase_if(data.faults, [&](const Fault& fault) { return !known(fault); });
  const auto engine = chosen.session.make_engine(EngineKind::fast, *chosen.net, data.images);
  const auto result = engine->run(data, chosen.semantics);
  std::vector<Fate> fates;
  auto next = result.fates.begin();
  for (const auto& fault : chosen.trial.faults) {
    fates.push_back(known(fault) ? *next++ : Fate::unknown);
  }
  return fates;
}

// In the folder of --out what no other option places.
void place_outputs(TraceArguments& arguments) {
  if (!arguments.out.empty()) {
    const std::filesystem::path folder = arguments.out;
    make_folder(folder);
    const auto place = [&](std::string& file, const char* name) {
      file = file.empty() ? (folder / name).string() : file;
    };
    place(arguments.html, "trace.html");
    place(arguments.waves, "trace.fst");
    arguments.printout.place_json((folder / "trace.json").string());
  } else if (!arguments.of_waves.empty() && arguments.waves.empty()) {
    throw InputError(arguments.of_waves + " requires --waves or --out: add one of them");
  }
  Outputs outputs;
  outputs.reads_results("the campaign", arguments.choice.folder)
      .reads("--faults", arguments.faults)
      .reads("--params", arguments.choice.params)
      .reads("--images", arguments.choice.images)
      .writes("--waves", arguments.waves)
      .writes("--html", arguments.html);
  arguments.printout.declare(outputs);
  outputs.check();
}

int run_trace(TraceArguments& arguments) {
  place_outputs(arguments);
  auto chosen = choose(arguments);
  auto& trial = chosen.trial;
  trial.images = arguments.count.value_or(trial.images);
  chosen.session.keep_images(trial.images, arguments.count ? "--count" : "the fault");
  if (trial.faults.empty()) {
    throw InputError("case " + std::to_string(trial.id) + " has no fault to follow: name another one");
  }
  const auto& parameters = chosen.session.parameters(*chosen.net);
  TraceOptions options{arguments.waves, arguments.before, arguments.after, {}};
  Progress progress(Progress::kUnknown, "cycles");  // until the runs are alike, or to the end
  options.progress = [&](std::uint64_t cycle) { progress.show(static_cast<std::int64_t>(cycle)); };
  const auto result =
      trace(parameters, chosen.session.images(*chosen.net), trial, chosen.semantics, options);
  progress.show(static_cast<std::int64_t>(result.end));
  progress.end();
  const auto data = trace_data(result, trial, chosen.semantics, fates_of(chosen), parameters,
                               chosen.session.images(*chosen.net));
  auto text = trace_text(data);
  if (!arguments.html.empty()) {
    write_file(arguments.html, trace_page(data));
    text += "page: " + arguments.html + "\n";
  }
  if (!arguments.waves.empty()) {
    text += "waves: " + arguments.waves + "\n";
  }
  arguments.printout.show(text, data);
  arguments.printout.end();
  return kDone;
}

void add_site(CLI::App& command, TraceArguments& arguments) {
  auto* space = command
                    .add_option("--space", arguments.space,
                                "of one upset: weights, window, ..., see 'fluence sites'")
                    ->type_name("SPACE");
  const auto number = [&](const char* name, int& value, const char* text) {
    command.add_option(name, value, text)
        ->type_name("N")
        ->transform(in_range(0, 1'000'000))
        ->needs(space)
        ->capture_default_str();
  };
  number("--layer", arguments.site.layer, "its layer");
  number("--module", arguments.site.module, "its PE, line block, FIFO or register");
  number("--index", arguments.site.index, "its word");
  number("--thresh", arguments.site.thresh, "its threshold within the word");
  number("--bit", arguments.site.bit, "its bit");
  command
      .add_option("--word-size", arguments.word_size,
                  "1: one bit flips; 8: its group of 8; 64: its word")
      ->type_name("N")
      ->check(one_of({"1", "8", "64"}))
      ->needs(space)
      ->capture_default_str();
  command.add_option("--kind", arguments.kind, "flip, stuck0, stuck1 or intermittent")
      ->type_name("NAME")
      ->check(one_of({"flip", "stuck0", "stuck1", "intermittent"}))
      ->needs(space)
      ->capture_default_str();
  command
      .add_option("--duration", arguments.duration,
                  "cycles or images, as its time, for which it is stuck or intermittent [for good]")
      ->type_name("N")
      ->transform(in_range(std::int64_t{1}, std::numeric_limits<std::int64_t>::max()))
      ->needs(space);
  command.add_option("--cycle", arguments.cycle, "when it flips or begins: cycle of the run")
      ->type_name("N")
      ->transform(in_range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()))
      ->needs(space);
  command.add_option("--before-image", arguments.before_image, "or before which image")
      ->type_name("N")
      ->transform(in_range(0, 1'000'000'000))
      ->needs(space);
}

}  // namespace

void add_trace(CLI::App& app, int& code) {
  auto* command = app.add_subcommand(
      "trace",
      "Follow one fault through the simulated accelerator, beside the fault-free run: where the "
      "difference travels, where it dies or which scores it reaches");
  auto arguments = std::make_shared<TraceArguments>();
  auto* folder =
      command->add_option("folder", arguments->choice.folder, "a campaign: results of 'fluence run'")
          ->type_name("DIR");
  command->add_option("--scenario", arguments->scenario, "which of its scenarios, from 0")
      ->type_name("N")
      ->needs(folder)
      ->transform(in_range(0, 1'000'000'000));
  command->add_option("--trial", arguments->trial, "which of the scenario's trials, from 0")
      ->type_name("N")
      ->needs(folder)
      ->transform(in_range(0, 1'000'000'000));
  auto* faults = command->add_option("--faults", arguments->faults, "or a list of faults, JSON Lines")
                     ->type_name("LIST.jsonl");
  command->add_option("--id", arguments->id, "which case of the list")
      ->type_name("N")
      ->needs(faults)
      ->transform(
          in_range(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()));
  add_network(*command, arguments->network);
  command->get_option("--network")->required(false);  // a campaign knows its own
  add_site(*command, *arguments);
  command->add_option("--count", arguments->count, "images of the run [2; those of the case or trial]")
      ->type_name("K")
      ->transform(in_range(1, 1'000'000));
  command
      ->add_option("--semantics", arguments->semantics,
                   "physical, source or shipped [the campaign's; source for faults by image, physical "
                   "by cycle]")
      ->type_name("SEMANTICS")
      ->excludes(folder);
  add_params(*command, arguments->choice.params);
  add_images(*command, arguments->choice.images);
  command
      ->add_option("--out", arguments->out,
                   "a folder for page, data and waves: trace.html, trace.json, trace.fst")
      ->type_name("DIR");
  command->add_option("--html", arguments->html, "also a page with figures")->type_name("FILE.html");
  command->add_option("--waves", arguments->waves, "also waves of both runs, for GTKWave")
      ->type_name("FILE.fst");
  command->add_option("--before", arguments->before, "cycles of waves before the first upset")
      ->type_name("N")
      ->transform(in_range(0, 1'000'000))
      ->capture_default_str();
  command->add_option("--after", arguments->after, "cycles of waves after it")
      ->type_name("N")
      ->transform(in_range(0, 1'000'000))
      ->capture_default_str();
  arguments->printout.add_json(*command, "everything that the page shows");
  add_example(*command, "fluence trace --network " + example_network() +
                            " --space window --layer 1 --index 12 --bit 3 --cycle 40000 "
                            "--out trace");
  command->callback([arguments, command, &code] {
    for (const auto* option : {"--before", "--after"}) {
      arguments->of_waves = command->count(option) > 0 ? option : arguments->of_waves;
    }
    code = run_trace(*arguments);
  });
}

}  // namespace fluence::cli
