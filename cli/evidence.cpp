#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/output_file.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/outputs.hpp"
#include "cli/printout.hpp"
#include "evidence/record.hpp"
#include "map/buffer_results.hpp"
#include "session/run_clock.hpp"

namespace fluence::cli {
namespace {

constexpr auto kRecord = "evidence.html";

struct EvidenceArguments {
  std::string folder, goal, page;
  std::vector<std::string> without;
  int read_back = 0;
  std::int64_t limit = 0;
  Printout out;
};

DetectionPoints points_of(const EvidenceArguments& arguments) {
  const auto has = [&](const char* point) {
    return std::ranges::find(arguments.without, point) == arguments.without.end();
  };
  DetectionPoints points{has("watchdog"), has("scores"), has("codec"), arguments.read_back, {}};
  if (arguments.limit > 0) {
    points.limit = static_cast<std::uint64_t>(arguments.limit);
  }
  return points;
}

// What makes the same record.
std::string command_of(const EvidenceArguments& arguments) {
  std::string command = "fluence evidence " + shell_path(arguments.folder);
  if (!arguments.goal.empty()) {
    command += " --goal " + shell_quoted(arguments.goal);
  }
  for (const auto& point : arguments.without) {
    command += " --without " + point;
  }
  if (arguments.read_back > 0) {
    command += fmt::format(" --read-back {}", arguments.read_back);
  }
  if (arguments.limit > 0) {
    command += fmt::format(" --ftti {}", arguments.limit);
  }
  if (!arguments.page.empty()) {
    command += " --page " + shell_path(arguments.page);
  }
  return command;
}

int evidence(EvidenceArguments& arguments) {
  if (has_any_map(arguments.folder)) {
    throw InputError(arguments.folder +
                     " is a map: name the results of a campaign, of which a record is");
  }
  auto& out = arguments.out;
  auto store = Store::open_existing(arguments.folder);
  const auto page = arguments.page.empty() ? std::filesystem::path(arguments.folder) / kRecord
                                           : std::filesystem::path(arguments.page);
  Outputs outputs;
  outputs.reads_results("the campaign", arguments.folder)
      .writes(arguments.page.empty() ? "the record" : "--page", page);
  out.declare(outputs);
  outputs.check();
  const auto manifest = store.manifest();
  const auto record = evidence_record(store, {arguments.folder, arguments.goal, points_of(arguments),
                                              [&](const Topology& net, const OutcomeRule& rule) {
                                                return run_clock(net, rule, manifest);
                                              },
                                              command_of(arguments)});
  write_file(page, evidence_page(record));
  out.show(evidence_text(record) + "record: " + printable(page.string()) + "\n", record);
  if (out.wants_csv()) {
    out.csv(evidence_csv(record));
  }
  out.end();
  return kDone;
}

}  // namespace

void add_evidence(CLI::App& app, int& code) {
  auto* command = app.add_subcommand(
      "evidence",
      "The record of a campaign for a safety case: faults, detection points, classes and "
      "metrics of functional safety, what is not assessed, in DIR/evidence.html");
  auto arguments = std::make_shared<EvidenceArguments>();
  command->add_option("results", arguments->folder, "folder of 'fluence run'")
      ->type_name("DIR")
      ->required();
  command->add_option("--goal", arguments->goal, "the safety goal, in words of one's own")
      ->type_name("TEXT");
  command
      ->add_option("--without", arguments->without,
                   "detection points that the design does not have: watchdog, scores, codec")
      ->type_name("POINT")
      ->delimiter(',')
      ->check(one_of({"watchdog", "scores", "codec"}));
  command
      ->add_option("--read-back", arguments->read_back,
                   "the host reads all parameters back after so many images [never]")
      ->type_name("N")
      ->transform(in_range(1, 1'000'000));
  command
      ->add_option("--ftti", arguments->limit,
                   "cycles within which a fault must be noticed [with the image that it endangers]")
      ->type_name("CYCLES")
      ->transform(in_range(std::int64_t{1}, std::int64_t{1'000'000'000'000}));
  command
      ->add_option("--page,--out", arguments->page,
                   "the record there and not in DIR, which need not be writable then")
      ->type_name("FILE.html");
  arguments->out.add_csv(*command, "a row for each scenario, and one for each network");
  arguments->out.add_json(*command, "everything that the record shows");
  add_example(*command,
              "fluence evidence results/uniform --goal 'No stop sign is taken for another' "
              "--read-back 100");
  command->callback([arguments, &code] { code = evidence(*arguments); });
}

}  // namespace fluence::cli
