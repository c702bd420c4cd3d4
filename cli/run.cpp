#include <memory>

#include "base/escape.hpp"
#include "base/text.hpp"
#include "campaign/stop_signals.hpp"
#include "campaign/worker_pool.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "session/campaign.hpp"

namespace fluence::cli {
namespace {

int run(const CampaignOrder& order) {
  const StopSignals stop_signals;
  const auto end = run_campaign(order);
  const auto done = std::to_string(end.trials) + " trials in " + printable(end.folder);
  if (end.interrupted) {
    complain("interrupted with " + done + ": run the same command to resume");
    return kFailed;
  }
  if (end.failed > 0) {
    complain(end.what + " is complete, " + done + ", but " + std::to_string(end.failed) +
             " of them could not be evaluated: run the same command with --retry-failed, or see: "
             "fluence report " +
             shell_path(end.folder));
    return kFailed;
  }
  print(end.what + " is complete, " + done + "; see: fluence report " + shell_path(end.folder) + "\n");
  return kDone;
}

}  // namespace

void add_run(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("run",
                                     "Run a campaign, or resume one that was stopped. Ctrl-C ends it in "
                                     "order; once more, a second or more later, kills it");
  auto order = std::make_shared<CampaignOrder>();
  order->jobs = default_jobs();
  order->warn = complain;
  command
      ->add_option("spec", order->spec,
                   "the campaign: a TOML file, or the name of one that comes with fluence")
      ->type_name("SPEC")
      ->required();
  command->add_option("--out", order->out, "folder of the results [results/<name>]")->type_name("DIR");
  command
      ->add_option(
          "--shard", order->shard,
          "run part i (from 0) of n alone, into the folder shard-i-of-n below --out; see 'fluence "
          "merge'")
      ->type_name("i/n");
  add_params(*command, order->params);
  add_images(*command, order->images);
  command->add_option("--seed", order->seed, "instead of the campaign's seed")
      ->type_name("N")
      ->transform(in_range(std::int64_t{0}, kMostSeed));
  add_jobs(*command, order->jobs);
  add_host(*command, order->host);
  command->add_flag("--retry-failed", order->retry_failed,
                    "also run again the trials that could not be evaluated");
  add_example(*command, "fluence run smoke --out results/smoke --jobs 2");
  command->callback([order, &code] { code = run(*order); });
}

}  // namespace fluence::cli
