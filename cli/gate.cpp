#include <algorithm>
#include <filesystem>
#include <memory>

#include "analysis/gate.hpp"
#include "base/error.hpp"
#include "base/input_file.hpp"
#include "base/output_file.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/outputs.hpp"
#include "cli/printout.hpp"
#include "map/compare.hpp"

namespace fluence::cli {
namespace {

struct GateArguments {
  std::string folder, baseline, write, junit;
  GateOptions options;
  bool statistics = false;  ///< some of the options are given
  Printout out;
};

GateBaseline of_folder(const std::filesystem::path& folder) {
  auto store = Store::open_existing(folder);
  return GateBaseline::of(store, folder);
}

nlohmann::ordered_json rows_of(const std::vector<Comparison>& comparisons) {
  auto rows = nlohmann::ordered_json::array();
  for (const auto& c : comparisons) {
    rows.push_back({{"scenario", c.scenario},
                    {"fault_free_before", c.fault_free_before},
                    {"fault_free_now", c.fault_free_now},
                    {"accuracy_before", c.accuracy_before},
                    {"accuracy_now", c.accuracy_now},
                    {"loss_before", c.before},
                    {"loss_now", c.now},
                    {"half_width", c.half_width},
                    {"paired", c.paired},
                    {"p", c.p},
                    {"adjusted_p", c.adjusted},
                    {"verdict", to_string(c.verdict)}});
  }
  return rows;
}

// Exactly: no chance is in a map.
int gate_maps(GateArguments& arguments) {
  if (!arguments.write.empty() || !arguments.junit.empty() || arguments.statistics ||
      !has_any_map(arguments.baseline)) {
    throw InputError("the map in " + arguments.folder +
                     " is compared with a map, exactly: give --baseline a folder of 'fluence map', and "
                     "none of --write-baseline, --junit, --level and --margin");
  }
  const auto comparisons = compare_maps(arguments.baseline, arguments.folder);
  arguments.out.check();
  arguments.out.show(comparison_text(comparisons), comparison_json(comparisons));
  arguments.out.end();
  return std::ranges::any_of(comparisons, &MapComparison::regressed) ? kFailed : kDone;
}

int gate(GateArguments& arguments) {
  if (has_any_map(arguments.folder)) {
    return gate_maps(arguments);
  }
  const bool folder = std::filesystem::is_directory(arguments.baseline);
  auto& out = arguments.out;
  Outputs outputs;
  outputs.reads_results("the campaign", arguments.folder)
      .reads_results("--baseline", folder ? arguments.baseline : "")
      .reads("--baseline", folder ? "" : arguments.baseline)
      .writes("--write-baseline", arguments.write)
      .writes("--junit", arguments.junit);
  out.declare(outputs);
  outputs.check();
  const auto now = of_folder(arguments.folder);
  if (!arguments.write.empty()) {
    write_file(arguments.write, now.text());
    print("baseline of " + std::to_string(now.samples.size()) + " scenarios in " + arguments.write +
          "\n");
    return kDone;
  }
  if (arguments.baseline.empty()) {
    throw InputError("there is nothing to compare " + arguments.folder +
                     " with: give --baseline, or --write-baseline to make one");
  }
  const auto before =
      folder ? of_folder(arguments.baseline)
             : GateBaseline::parse(read_text(arguments.baseline, "the baseline"), arguments.baseline);
  const auto comparisons = compare(before, now, arguments.options);
  if (!arguments.junit.empty()) {
    write_file(arguments.junit, gate_junit(comparisons, now.name));
  }
  out.show(gate_table(comparisons, arguments.options), rows_of(comparisons));
  out.end();
  const bool regressed =
      std::ranges::count(comparisons, GateVerdict::regressed, &Comparison::verdict) > 0;
  return regressed ? kFailed : kDone;
}

}  // namespace

void add_gate(CLI::App& app, int& code) {
  auto* command = app.add_subcommand(
      "gate", "Compare a campaign, or a map, with a baseline; exit code 1 if resilience regressed");
  auto arguments = std::make_shared<GateArguments>();
  command
      ->add_option("folder", arguments->folder, "results of 'fluence run', or a folder of 'fluence map'")
      ->type_name("DIR")
      ->required();
  auto* baseline =
      command
          ->add_option(
              "--baseline", arguments->baseline,
              "what to compare with: a file of --write-baseline, or results of 'fluence run'; of a map "
              "another one")
          ->type_name("FILE|DIR");
  auto* write =
      command->add_option("--write-baseline", arguments->write, "compare nothing, write a baseline")
          ->type_name("FILE")
          ->excludes(baseline);
  command->add_option("--level", arguments->options.level, "chance of any wrong verdict, at most")
      ->type_name("P")
      ->excludes(write)
      ->transform(in_range(1e-9, 0.5))
      ->capture_default_str();
  command
      ->add_option("--margin", arguments->options.margin,
                   "a change of the mean loss that matters is larger, in points of accuracy")
      ->type_name("POINTS")
      ->excludes(write)
      ->transform(in_range(0.0, 100.0))
      ->capture_default_str();
  command->add_option("--junit,--out", arguments->junit, "also the verdicts as JUnit's XML")
      ->type_name("FILE")
      ->excludes(write);
  arguments->out.add_json(*command)->excludes(write);
  add_example(*command,
              "fluence gate results/smoke --baseline campaigns/smoke-baseline.json --margin 0.5");
  command->callback([arguments, command, &code] {
    arguments->statistics = command->count("--level") + command->count("--margin") > 0;
    code = gate(*arguments);
  });
}

}  // namespace fluence::cli
