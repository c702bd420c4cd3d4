#include "attack/attack.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/output_file.hpp"
#include "base/text.hpp"
#include "campaign/progress.hpp"
#include "campaign/provenance.hpp"
#include "campaign/stop_signals.hpp"
#include "campaign/store.hpp"
#include "campaign/worker_pool.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/outputs.hpp"
#include "fault/fault_list.hpp"
#include "network/known_networks.hpp"
#include "session/session.hpp"

namespace fluence::cli {
namespace {

constexpr int kSearchImages = 200;

struct AttackArguments {
  std::string network, params, images, list, against;
  std::vector<std::string> spaces = {"weights", "thresholds"};
  std::optional<int> count, search_count;
  AttackPlan plan{{}, {}, 10, 20'000, 1, default_jobs()};
};

// The trial of a campaign that lost most.
struct WorstStored {
  std::string text;
  int trials = 0;  ///< that it is the worst of
  double accuracy = 0, loss = 0;
};

WorstStored worst_stored(const std::string& folder, const Session& session, const Topology& net,
                         int upsets) {
  auto store = Store::open_existing(folder);
  require_inputs(store.manifest(), session, net, folder);
  WorstStored worst;
  const auto tallies = store.tallies();
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    const auto& tally = tallies[i];
    if (tally.network != net.name || tally.mode != "seu" || tally.faults != upsets || tally.done == 0) {
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
                     " single-bit upsets in " + net.name +
                     ": name another, or give --bits a number that it has");
  }
  return worst;
}

double per_cent(int correct, int images) { return 100.0 * correct / images; }

// All images, on which what a search on some of them finds is shown.
class Judge {
 public:
  Judge(const Parameters& parameters, const ImageSet& images)
      : images_(images), engine_(parameters, images) {}

  TrialResult run(const FaultCase& faults) {
    return engine_.run({faults.id, images_.size(), faults.faults}, Semantics::physical);
  }
  [[nodiscard]] int classes() const { return engine_.classes(); }
  double accuracy(const TrialResult& result) {
    return per_cent(margins_of(result.scores, images_, engine_.classes()).correct, images_.size());
  }

 private:
  const ImageSet& images_;
  FastEngine engine_;
};

// The case with the scores that it gives, which a replay compares.
std::string list_of(const FaultCase& faults, const TrialResult& result, int classes) {
  ListedCase listed{faults, {}};
  for (int i = 0; i < faults.images; ++i) {
    auto& row = listed.scores.emplace_back(static_cast<std::size_t>(classes));
    std::copy_n(result.scores.begin() + static_cast<std::ptrdiff_t>(i) * kScores, row.size(),
                row.begin());
  }
  return to_line(listed) + "\n";
}

struct Found {
  Attack attack;
  double fault_free = 0;
  std::vector<double> accuracies;  ///< on all images, with each bit and those before it
};

Found search(const AttackArguments& arguments, const Session& session, const ImageSet& some,
             Judge& judge) {
  const auto& all = session.images();
  const auto& plan = arguments.plan;
  Found found;
  found.fault_free = judge.accuracy(judge.run({}));
  ItemProgress progress(plan.evaluations, "evaluations", "search");
  AttackHooks hooks;
  hooks.found = [&](const std::vector<Site>& sites, const Margins& now) {
    const auto faults = attack_case(sites, all.size());
    const auto result = judge.run(faults);
    found.accuracies.push_back(judge.accuracy(result));
    if (!arguments.list.empty()) {
      write_file(arguments.list, list_of(faults, result, judge.classes()));
    }
    progress.set_state(fmt::format(", {} bits, {:.1f} % of the images searched on", sites.size(),
                                   per_cent(now.correct, some.size())));
  };
  hooks.tick = [&](std::int64_t done) { progress.show(done); };
  found.attack = attack(session.parameters(find_topology(arguments.network)), some, plan, hooks);
  progress.end();
  return found;
}

std::string table(const Found& found, int images) {
  auto text =
      fmt::format("{:>4} {:<10} {:>5} {:>6} {:>5} {:>6} {:>3}  {:>8} {:>7} {:>6}\n", "bits", "space",
                  "layer", "module", "index", "thresh", "bit", "searched", "all", "lost");
  text += fmt::format("{:>4} {:<10} {:>5} {:>6} {:>5} {:>6} {:>3}  {:>8.2f} {:>7.2f} {:>6.2f}\n", 0, "",
                      "", "", "", "", "", per_cent(found.attack.fault_free.correct, images),
                      found.fault_free, 0.0);
  for (std::size_t i = 0; i < found.attack.sites.size(); ++i) {
    const auto& s = found.attack.sites[i];
    text += fmt::format("{:>4} {:<10} {:>5} {:>6} {:>5} {:>6} {:>3}  {:>8.2f} {:>7.2f} {:>6.2f}\n",
                        i + 1, to_string(s.space), s.layer, s.module, s.index, s.thresh, s.bit,
                        per_cent(found.attack.margins[i].correct, images), found.accuracies[i],
                        found.fault_free - found.accuracies[i]);
  }
  return text;
}

int run_attack(AttackArguments arguments) {
  const StopSignals stop_signals;
  const auto& net = find_topology(arguments.network);
  auto& plan = arguments.plan;
  for (const auto& name : arguments.spaces) {
    plan.spaces.push_back(space_from_string(name));
  }
  Outputs()
      .reads_results("--against", arguments.against)
      .reads("--params", arguments.params)
      .reads("--images", arguments.images)
      .writes("--list", arguments.list)
      .check();
  Session session(arguments.params, {&net}, arguments.images);
  session.keep_images(arguments.count.value_or(session.images().size()), "--count");
  const auto& all = session.images();
  auto some = all;
  const int searched = arguments.search_count.value_or(std::min(kSearchImages, all.size()));
  if (searched > all.size()) {
    throw InputError(
        fmt::format("--search-count asks for {} images of {}: ask for fewer", searched, all.size()));
  }
  some.truncate(searched);
  std::optional<WorstStored> stored;
  if (!arguments.against.empty()) {
    stored = worst_stored(arguments.against, session, net, plan.bits);
  }
  Judge judge(session.parameters(net), all);
  const auto found = search(arguments, session, some, judge);
  print(
      fmt::format("{}: search on the first {} of {} images, {} evaluations, seed {}; per cent correct\n",
                  net.name, some.size(), all.size(), found.attack.evaluations, plan.seed) +
      table(found, some.size()));
  if (!arguments.list.empty() && !found.attack.sites.empty()) {
    const auto same = input_options(session.origin());
    print(fmt::format("fault list, with scores: {}{}\n", printable(arguments.list),
                      !same ? ""
                            : fmt::format("; replay it: fluence replay --network {} --faults {} "
                                          "--semantics physical{} --out /dev/null",
                                          net.name, shell_path(arguments.list), *same)));
  }
  if (found.attack.interrupted) {
    complain("interrupted, this is what was found so far");
    return kFailed;
  }
  if (stored) {
    print(fmt::format("worst of {} random trials in {}: {:.2f}, {:.2f} points lost ({})\n",
                      stored->trials, arguments.against, stored->accuracy, stored->loss, stored->text));
    return kDone;
  }
  ItemProgress progress(found.attack.evaluations, "evaluations", "random trials");
  const auto random = worst_random(session.parameters(net), some, plan, found.attack.evaluations,
                                   {{}, [&](std::int64_t done) { progress.show(done); }});
  progress.end();
  if (random.interrupted) {
    complain("interrupted, there are no random trials to compare with");
    return kFailed;
  }
  const auto accuracy = judge.accuracy(judge.run(random.trial));
  print(fmt::format(
      "worst of {} random trials of {} bits: {:.2f} on the images searched on, {:.2f} on all, "
      "{:.2f} points lost\n",
      found.attack.evaluations, plan.bits, per_cent(random.margins.correct, some.size()), accuracy,
      found.fault_free - accuracy));
  return kDone;
}

}  // namespace

void add_attack(CLI::App& app, int& code) {
  auto* command = app.add_subcommand(
      "attack", "Search for the stored parameter bits whose inversion costs most accuracy");
  auto arguments = std::make_shared<AttackArguments>();
  auto& plan = arguments->plan;
  add_network(*command, arguments->network);
  add_params(*command, arguments->params);
  add_images(*command, arguments->images);
  const auto number = [command](const char* name, auto& value, const char* text, int most) {
    return command->add_option(name, value, text)->type_name("K")->transform(in_range(1, most));
  };
  number("--bits", plan.bits, "bits, at most", 100'000)->capture_default_str();
  command->add_option("--spaces", arguments->spaces, "where they may be: weights, thresholds [both]")
      ->type_name("NAME");
  command->add_option("--layers", plan.layers, "likewise, from 0 [all]")
      ->type_name("L")
      ->transform(in_range(0, 1'000'000));
  number("--count", arguments->count, "only the first K images", 1'000'000'000);
  number("--search-count", arguments->search_count,
         "search on the first K of these; what is found is shown on all [200]", 1'000'000'000);
  number("--evaluations", plan.evaluations, "runs over the images searched on", 1'000'000'000)
      ->capture_default_str();
  command->add_option("--seed", plan.seed, "of the search")
      ->type_name("N")
      ->transform(in_range(std::int64_t{0}, kMostSeed))
      ->capture_default_str();
  command
      ->add_option("--against", arguments->against,
                   "compare with the worst trial of as many single-bit upsets in these results of "
                   "'fluence run' (default: with as many random trials as evaluations)")
      ->type_name("DIR");
  command
      ->add_option("--list", arguments->list,
                   "also the bits as a fault list for 'fluence replay', written with each that is found")
      ->type_name("LIST.jsonl");
  add_jobs(*command, plan.jobs);
  add_example(*command, "fluence attack --network cnvW1A1 --bits 10 --list worst.jsonl");
  command->callback([arguments, &code] { code = run_attack(*arguments); });
}

}  // namespace fluence::cli
