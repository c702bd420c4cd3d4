#include "session/stored_trial.hpp"

#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "session/outcome_rules.hpp"

namespace fluence {

CampaignTrial load_trial(const TrialChoice& choice) {
  auto store = Store::open_existing(choice.folder);
  const auto tallies = store.tallies();
  const auto at = static_cast<std::size_t>(choice.scenario);
  if (at >= tallies.size()) {
    throw InputError("--scenario " + std::to_string(choice.scenario) + " does not exist in " +
                     choice.folder + ": use 0 to " + std::to_string(tallies.size() - 1));
  }
  auto tally = tallies[at];
  std::optional<StoredTrial> stored;
  if (const auto trials = store.trials(choice.scenario, choice.trial); !trials.empty()) {
    stored = trials.front();
  }
  std::string failure;
  for (const auto& failed : store.failed()) {
    if (failed.scenario == choice.scenario && failed.trial == choice.trial) {
      failure = failed.reason;
    }
  }
  if (!stored && failure.empty()) {
    throw InputError("--trial " + std::to_string(choice.trial) + " of scenario " +
                     std::to_string(choice.scenario) + " has not finished in " + choice.folder +
                     ": name one that has, or run the campaign on");
  }
  FaultCase trial{choice.trial, tally.images, {}, tally.reload};
  for (const auto& upset : store.upsets(choice.scenario, choice.trial)) {
    trial.faults.push_back(upset.fault);
  }
  const auto& net = topology(tally.network);
  Session session(choice.params, {&net}, choice.images);
  const auto manifest = store.manifest();
  const bool own_images = images_key(manifest, net.name) != images_key({}, "");
  int images = 0;
  for (const auto& other : tallies) {
    images = own_images && other.network != net.name ? images : std::max(images, other.images);
  }
  session.keep_images(images, choice.folder);
  require_inputs(manifest, session, net, "the campaign in " + choice.folder);
  prepare_outcome(tally.rule, net, session, choice.folder);
  return {std::move(tally),  std::move(stored), std::move(failure), std::move(trial), &net,
          std::move(session)};
}

}  // namespace fluence
