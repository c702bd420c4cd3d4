#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/text.hpp"
#include "campaign/progress.hpp"
#include "campaign/provenance.hpp"
#include "campaign/stop_signals.hpp"
#include "campaign/worker_pool.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/outputs.hpp"
#include "cli/printout.hpp"
#include "map/layout.hpp"
#include "network/known_networks.hpp"
#include "session/worst_case.hpp"

namespace fluence::cli {
namespace {

constexpr int kSearchImages = 200;

struct AttackArguments {
  std::string network, params, images, list, against;
  std::vector<std::string> spaces = {"weights", "thresholds"};
  std::optional<int> count, search_count;
  AttackPlan plan{{}, {}, 10, 20'000, 1, default_jobs()};
  Printout out;
};

double per_cent(int correct, int images) { return 100.0 * correct / images; }

Table table(const Found& found, int images) {
  const bool copies = std::ranges::any_of(found.attack.sites, [](const Site& s) { return s.copy > 0; });
  Table table({{"bits", "bits", "{:>4}"},
               {"space", "space", " {:<10}"},
               {"layer", "layer", " {:>5}"},
               {"module", "module", " {:>6}"},
               {"index", "index", " {:>5}"},
               {"thresh", "thresh", " {:>6}"},
               {"bit", "bit", " {:>3}"},
               {"searched", "searched", "  {:>8.2f}"},
               {"all", "all", " {:>7.2f}"},
               {"lost", "lost", " {:>6.2f}"},
               {"copy", copies ? "copy" : "", " {:>5}"}});
  table.add(0, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
            per_cent(found.attack.fault_free.correct, images), found.fault_free, 0.0, nullptr);
  for (std::size_t i = 0; i < found.attack.sites.size(); ++i) {
    const auto& s = found.attack.sites[i];
    table.add(i + 1, to_string(s.space), s.layer, s.module, s.index, s.thresh, s.bit,
              per_cent(found.attack.margins[i].correct, images), found.accuracies[i],
              found.fault_free - found.accuracies[i],
              s.copy > 0 ? nlohmann::ordered_json(s.copy) : nlohmann::ordered_json());
  }
  return table;
}

int run_attack(AttackArguments& arguments) {
  const StopSignals stop_signals;
  const auto& net = find_topology(arguments.network);
  auto& plan = arguments.plan;
  for (const auto& name : arguments.spaces) {
    plan.spaces.push_back(space_from_string(name));
  }
  auto& out = arguments.out;
  Outputs outputs;
  outputs.reads_results("--against", arguments.against)
      .reads("--params", arguments.params)
      .reads("--images", arguments.images)
      .writes("--out", arguments.list);
  out.declare(outputs);
  outputs.check();
  Session session(arguments.params, {&net}, arguments.images);
  session.keep_images(arguments.count.value_or(session.images(net).size()), "--count");
  const int all = session.images(net).size();
  const int searched = arguments.search_count.value_or(std::min(kSearchImages, all));
  WorstCase worst_case(session, net, searched);
  std::optional<WorstStored> stored;
  if (!arguments.against.empty()) {
    stored = worst_case.stored(arguments.against, plan.bits);
  }
  const std::int64_t work =
      plan.exhaustive
          ? plan.bits *
                static_cast<std::int64_t>(MapLayout(net, MapMode::seu, plan.spaces, plan.layers).size())
          : plan.evaluations;
  Progress search(work, "evaluations", "search");
  const auto found = worst_case.search(
      plan, arguments.list,
      {[&](std::size_t bits, double accuracy) {
         search.set_state(fmt::format(", {} bits, {:.1f} % of the images searched on", bits, accuracy));
       },
       [&](std::int64_t done) { search.show(done); }});
  search.end();
  out.say(fmt::format("{}: search on the first {} of {} images, {} evaluations, {}; per cent correct\n",
                      net.name, searched, all, found.attack.evaluations,
                      plan.exhaustive ? "in each step every bit" : fmt::format("seed {}", plan.seed)));
  out.show(table(found, searched));
  out.end();
  if (!arguments.list.empty() && !found.attack.sites.empty()) {
    const auto same = input_options(session.origin());
    out.say(fmt::format("fault list, with scores: {}{}\n", printable(arguments.list),
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
    out.say(fmt::format("worst of {} random trials in {}: {:.2f}, {:.2f} points lost ({})\n",
                        stored->trials, arguments.against, stored->accuracy, stored->loss,
                        stored->text));
    return kDone;
  }
  const int trials = plan.exhaustive ? plan.evaluations : static_cast<int>(found.attack.evaluations);
  Progress progress(trials, "evaluations", "random trials");
  const auto random =
      worst_case.random(plan, trials, {{}, [&](std::int64_t done) { progress.show(done); }});
  progress.end();
  if (!random) {
    complain("interrupted, there are no random trials to compare with");
    return kFailed;
  }
  out.say(fmt::format(
      "worst of {} random trials of {} bits: {:.2f} on the images searched on, {:.2f} on all, "
      "{:.2f} points lost\n",
      trials, plan.bits, random->searched, random->all, found.fault_free - random->all));
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
  command
      ->add_option("--spaces", arguments->spaces,
                   "where they may be: weights, thresholds, with commas or spaces [both]")
      ->type_name("SPACE")
      ->delimiter(',');
  command->add_option("--layers", plan.layers, "likewise, from 0 [all]")
      ->type_name("L")
      ->delimiter(',')
      ->transform(in_range(0, 1'000'000));
  number("--count", arguments->count, "only the first K images", 1'000'000'000);
  number("--search-count", arguments->search_count,
         "search on the first K of these; what is found is shown on all [200]", 1'000'000'000);
  number("--evaluations", plan.evaluations,
         "runs over the images searched on, and random trials to compare with", 1'000'000'000)
      ->capture_default_str();
  command->add_flag(
      "--exhaustive", plan.exhaustive,
      "try every bit in each step, by a complete map; --evaluations are random trials alone");
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
      ->add_option("--out", arguments->list,
                   "also the bits as a fault list for 'fluence replay', written with each that is found")
      ->type_name("LIST.jsonl");
  add_jobs(*command, plan.jobs);
  arguments->out.add_json(*command);
  add_example(*command,
              "fluence attack --network " + example_network() + " --bits 10 --out worst.jsonl");
  command->callback([arguments, &code] { code = run_attack(*arguments); });
}

}  // namespace fluence::cli
