#include <fmt/format.h>

#include <memory>

#include "base/error.hpp"
#include "campaign/progress.hpp"
#include "campaign/stop_signals.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/outputs.hpp"
#include "cli/printout.hpp"
#include "map/buffer_results.hpp"
#include "map/results.hpp"
#include "session/verify.hpp"
#include "session/verify_map.hpp"

namespace fluence::cli {
namespace {

struct VerifyArguments {
  std::string folder, params, images;
  int sample = 0;
  std::uint64_t seed = 1;
  int jobs = default_jobs();
  double limit = 0;
  Printout out;
};

// What there is to be said at the end of any comparison.
int end_of(const Comparisons& compared, const Agreement& agreement, VerifyArguments& arguments,
           const Manifest& manifest, const Table& table, ComparisonJournal& journal) {
  if (compared.end == PoolEnd::complete) {
    if (agreement.trials > 0) {
      write_agreement(arguments.folder, agreement, manifest);
    }
    journal.remove();
  }
  std::string wrong;
  for (const auto& difference : agreement.differences) {
    wrong += difference + "\n";
  }
  if (agreement.trials > 0) {
    arguments.out.show(table);
    arguments.out.say(wrong);
  }
  arguments.out.say(compared.failures);
  arguments.out.end();
  if (compared.end == PoolEnd::interrupted) {
    complain(
        fmt::format("interrupted with {} of {} trials compared, {} of them different: run the same "
                    "command to go on",
                    agreement.trials, compared.of.size(), agreement.differences.size()));
    return kFailed;
  }
  return wrong.empty() && compared.failures.empty() ? kDone : kFailed;
}

// Runs `compare`, which takes a plan, and shows how far it is. `items`: "trials".
template <typename Compare>
Comparisons compare_and_show(const VerifyArguments& arguments, std::size_t asked,
                             const std::string& items, ComparisonJournal& journal,
                             const Compare& compare) {
  const auto made = journal.made().size();
  if (made > 0) {
    complain(fmt::format("{} of {} {} were compared before", made, asked, items));
  }
  Progress progress(static_cast<std::int64_t>(asked - made), items + " compared");
  auto compared = compare(
      {arguments.jobs, arguments.limit, [&](std::int64_t done) { progress.show(done); }, &journal});
  progress.end();
  return compared;
}

// The files that the command writes.
void check_outputs(const VerifyArguments& arguments) {
  Outputs outputs;
  outputs.writes("the folder's", std::filesystem::path(arguments.folder) / kAgreementFile);
  arguments.out.declare(outputs);
  outputs.check();
}

// Of either kind.
template <typename Map>
int verify_map(const Map& map, VerifyArguments& arguments) {
  const auto& folder = arguments.folder;
  const auto session = open_map_inputs(map.request(), map.manifest(), map.images_left().size(), folder,
                                       arguments.params, arguments.images);
  check_outputs(arguments);
  const auto sample = draw_faults(map, arguments.sample, arguments.seed, folder);
  ComparisonJournal journal(folder, map.manifest(), asked(sample));
  const auto compared =
      compare_and_show(arguments, sample.faults.size(), "faults", journal,
                       [&](const VerifyPlan& plan) { return run_both(sample, session, plan); });

  const auto [rows, agreement] = add_up(sample, compared, arguments.seed);
  Table table({{"space", "space", "{:<11}"},
               {"layer", "layer", " {:>5}"},
               {"faults", "faults", " {:>7}"},
               {"images", "images", " {:>9}"},
               {"equal", "equal", " {:>7}"}});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& [space, layer] = sample.regions[i];
    table.add(to_string(space), layer, rows[i].faults, std::int64_t{rows[i].faults} * map.images_done(),
              rows[i].equal);
  }
  return end_of(compared, agreement, arguments, map.manifest(), table, journal);
}

int verify(VerifyArguments& arguments) {
  const StopSignals stop_signals;
  if (has_buffer_map(arguments.folder)) {
    return verify_map(BufferMap::load(arguments.folder), arguments);
  }
  if (has_map(arguments.folder)) {
    return verify_map(MapResults::load(arguments.folder), arguments);
  }
  auto campaign = open_campaign(arguments.folder, arguments.params, arguments.images);
  auto& store = campaign.store;
  const auto& spec = campaign.spec;
  check_outputs(arguments);
  const auto sample = draw_sample(store, spec, arguments.sample, arguments.seed, arguments.folder);
  ComparisonJournal journal(arguments.folder, store.manifest(), asked(sample));
  const auto compared = compare_and_show(
      arguments, sample.size(), "trials", journal,
      [&](const VerifyPlan& plan) { return run_both(spec, sample, campaign.session, plan); });

  const auto [scenarios, agreement] = add_up(spec, sample, compared, arguments.seed);
  Table table({{"scenario", "scenario", "{:>8}"},
               {"trials", "trials", " {:>7}"},
               {"images", "images", " {:>9}"},
               {"fates", "fates", " {:>9}"},
               {"equal", "equal", " {:>7}"},
               {"what", "what", "  {}"}});
  for (const auto& [id, row] : scenarios) {
    const auto& scenario = spec.scenarios[static_cast<std::size_t>(id)];
    table.add(id, row.trials, row.trials * scenario.draw_plan.images, row.fates, row.equal,
              scenario.text());
  }
  return end_of(compared, agreement, arguments, store.manifest(), table, journal);
}

}  // namespace

void add_verify(CLI::App& app, int& code) {
  auto* command =
      app.add_subcommand("verify",
                         "Run a sample of a campaign's trials, or of a map's faults, on both engines "
                         "and compare every score "
                         "of every image and every fate that both know, and a fault's counts with the "
                         "map's. The rtl engine starts at a checkpoint before the first upset; a trial "
                         "timed by image runs as a "
                         "whole");
  auto arguments = std::make_shared<VerifyArguments>();
  command
      ->add_option(
          "results", arguments->folder,
          "folder that 'fluence run' wrote, finished or not, of a campaign or a shard; or that of a "
          "finished map")
      ->type_name("DIR")
      ->required();
  command
      ->add_option("--sample", arguments->sample,
                   "trials, drawn over all scenarios of the fast engine; or faults of a map")
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
  arguments->out.add_json(*command);
  add_example(*command, "fluence verify results/smoke --sample 10 --jobs 2");
  command->callback([arguments, &code] { code = verify(*arguments); });
}

}  // namespace fluence::cli
