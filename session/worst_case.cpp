#include "session/worst_case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "campaign/store.hpp"
#include "fault/fault_list.hpp"

namespace fluence {
namespace {

double per_cent(int correct, int images) { return 100.0 * correct / images; }

ImageSet first_of(ImageSet images, int count) {
  if (count > images.size()) {
    throw InputError(
        fmt::format("--search-count asks for {} images of {}: ask for fewer", count, images.size()));
  }
  images.truncate(count);
  return images;
}

// The case with the scores that it gives, which a replay compares.
std::string list_of(const FaultCase& faults, const TrialResult& result, int classes) {
  ListedCase listed{faults, {}};
  for (int i = 0; i < faults.images; ++i) {
    auto& row = listed.scores.emplace_back(static_cast<std::size_t>(classes));
    std::copy_n(result.scores.begin() + std::ssize(result.scores) / faults.images * i, row.size(),
                row.begin());
  }
  return to_line(listed) + "\n";
}

}  // namespace

WorstCase::WorstCase(const Session& session, const Topology& net, int images_searched)
    : session_(session),
      net_(net),
      searched_(first_of(session.images(net), images_searched)),
      engine_(session.parameters(net), session.images(net)) {}

TrialResult WorstCase::run(const FaultCase& faults) {
  return engine_.run({faults.id, session_.images(net_).size(), faults.faults}, Semantics::physical);
}

double WorstCase::accuracy(const TrialResult& result) const {
  const auto& images = session_.images(net_);
  return per_cent(margins_of(result.scores, images, engine_.decider(), engine_.scores()).correct,
                  images.size());
}

Found WorstCase::search(const AttackPlan& plan, const std::string& list, const WorstCaseHooks& hooks) {
  Found found;
  found.fault_free = accuracy(run({}));
  AttackHooks attack_hooks;
  attack_hooks.found = [&](const std::vector<Site>& sites, const Margins& now) {
    const auto faults = attack_case(sites, session_.images(net_).size());
    const auto result = run(faults);
    found.accuracies.push_back(accuracy(result));
    if (!list.empty()) {
      write_file(list, list_of(faults, result, engine_.classes()));
    }
    hooks.found(sites.size(), per_cent(now.correct, searched_.size()));
  };
  attack_hooks.tick = hooks.tick;
  found.attack = attack(session_.parameters(net_), searched_, plan, attack_hooks);
  return found;
}

std::optional<WorstOfRandom> WorstCase::random(const AttackPlan& plan, int trials,
                                               const WorstCaseHooks& hooks) {
  const auto worst = worst_random(session_.parameters(net_), searched_, plan, trials, {{}, hooks.tick});
  if (worst.interrupted) {
    return std::nullopt;
  }
  return WorstOfRandom{per_cent(worst.margins.correct, searched_.size()), accuracy(run(worst.trial))};
}

WorstStored WorstCase::stored(const std::string& folder, int upsets) const {
  auto store = Store::open_existing(folder);
  require_inputs(store.manifest(), session_, net_, "the campaign in " + folder);
  WorstStored worst;
  const auto tallies = store.tallies();
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    const auto& tally = tallies[i];
    if (tally.network != net_.name || tally.mode != "seu" || tally.faults != upsets || tally.done == 0) {
      continue;
    }
    worst.trials += tally.done;
    const auto trials = store.trials(static_cast<int>(i));
    const auto& least = *std::ranges::min_element(
        trials, {}, [](const StoredTrial& trial) { return trial.outcomes.correct; });
    const double loss = 100.0 * (tally.baseline_correct - least.outcomes.correct) / tally.images;
    if (worst.text.empty() || loss > worst.loss) {
      worst.loss = loss;
      worst.accuracy = 100.0 * least.outcomes.correct / tally.images;
      worst.text =
          fmt::format("scenario {}, {} layers {}, trial {}", i, tally.spaces, tally.layers, least.trial);
    }
  }
  if (worst.trials == 0) {
    throw InputError("the campaign in " + folder + " holds no trial of " + std::to_string(upsets) +
                     " single-bit upsets in " + net_.name +
                     ": name another, or give --bits a number that it has");
  }
  return worst;
}

}  // namespace fluence
