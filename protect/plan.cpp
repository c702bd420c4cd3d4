#include "protect/plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/error.hpp"
#include "campaign/progress.hpp"
#include "network/known_networks.hpp"

namespace fluence {
namespace {

constexpr double kMostNumber = 1e15;
// Upsets a trial of the plain hardware, of the campaign that checks a choice.
constexpr int kTrials = 200;
constexpr std::array kUpsets = {1, 10, 100};

// "name=12.5%" or "name=12". Nothing if it is none.
std::optional<GoalNumber> amount_of(std::string_view text, std::string_view name) {
  if (!text.starts_with(name) || !text.substr(name.size()).starts_with("=")) {
    return std::nullopt;
  }
  text.remove_prefix(name.size() + 1);
  GoalNumber amount;
  if (text.ends_with("%")) {
    amount.percent = true;
    text.remove_suffix(1);
  }
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, amount.number);
  const double most = amount.percent ? 100 : kMostNumber;
  if (error != std::errc() || rest != end || !(amount.number >= 0 && amount.number <= most)) {
    return std::nullopt;
  }
  return amount;
}

long cost_in(CostUnit unit, const ProtectedStorage& storage, const LogicCost& logic) {
  return unit == CostUnit::bits   ? storage.extra_bits
         : unit == CostUnit::luts ? logic.luts
                                  : logic.block_rams;
}

std::string unit_name(CostUnit unit) {
  return unit == CostUnit::bits ? "bits" : unit == CostUnit::luts ? "luts" : "bram";
}

Choice reach(const ProtectionPlan& plan, const GoalNumber& target) {
  const double most = target.percent ? target.of(static_cast<double>(plan.critical))
                                     : target.number * static_cast<double>(plan.pairs);
  auto choice = plan.choices.down_to(static_cast<std::uint64_t>(std::floor(most)));
  if (static_cast<double>(choice.left) > most) {
    throw InputError(fmt::format(
        "no choice reaches the target critical={:g}{}: where every memory that can be is protected, "
        "{:.3g} % of what is critical stays",
        target.number, target.percent ? "%" : "",
        100.0 * static_cast<double>(choice.left) / static_cast<double>(plan.critical)));
  }
  return choice;
}

Choice spend(const ProtectionPlan& plan, const std::vector<Candidate>& candidates,
             const ProtectionGoal& goal) {
  const auto budget = static_cast<long>(std::floor(goal.budget->of(static_cast<double>(plan.bits))));
  auto choice = plan.choices.within(budget);
  const auto costs = [](const Candidate& one) { return one.can_be_protected && one.critical > 0; };
  if (choice.chosen.empty() && std::ranges::any_of(candidates, costs)) {
    const auto cheapest = std::ranges::min_element(
        candidates, {}, [&](const Candidate& one) { return std::pair(!costs(one), one.cost); });
    const auto& storage = plan.storages[static_cast<std::size_t>(cheapest - candidates.begin())];
    throw InputError(fmt::format("the budget {}={} fits no memory: the cheapest, {}, takes {}",
                                 unit_name(goal.unit), budget, storage.name(), cheapest->cost));
  }
  return choice;
}

// [storage], what its protection takes more.
std::vector<LogicCost> synthesize_all(const std::vector<ProtectedStorage>& storages) {
  Progress progress(static_cast<std::int64_t>(storages.size()), "memories", "synthesis");
  std::vector<LogicCost> logic;
  for (const auto& storage : storages) {
    const auto begins = [&](const std::string& what) {
      progress.set_state(", now " + what);
      progress.show(static_cast<std::int64_t>(logic.size()));
    };
    LogicCost more;
    if (storage.codec != nullptr) {
      more =
          (memory_cost(storage, *storage.codec, begins) - memory_cost(storage, plain_codec(), begins)) *
          storage.cells;
    }
    logic.push_back(more);
  }
  progress.set_state("");
  progress.set_done(static_cast<std::int64_t>(logic.size()));
  progress.end();
  return logic;
}

std::string check_campaign(const MapResults& map, const ProtectionPlan& plan, const std::string& name) {
  const auto& net = *map.request().net;
  std::vector<std::string> spaces;
  for (const auto space : map.request().spaces) {
    spaces.push_back(fmt::format("\"{}\"", to_string(space)));
  }
  std::vector<std::string> rates;
  for (const auto upsets : kUpsets) {
    rates.push_back(fmt::format("{:.3e}", upsets / (static_cast<double>(plan.bits) *
                                                    static_cast<double>(map.request().images))));
  }
  return fmt::format(
      "# {0} beside {1} at the same doses: what several upsets do together, which the choice does not "
      "see.\n"
      "# Upsets a trial of {1} are about {2}; what stores more is hit as often a bit, and what both\n"
      "# store by the same upsets.\n"
      "name = \"{0}-check\"\nseed = 1\ncount = {3}\ntrials = {4}\n\n[[part]]\n"
      "networks = [\"{5}\", \"{0}{6}\"]\nmodes = \"{7}\"\nspaces = [[{8}]]\n{9}"
      "rate = [{10}]    # upsets a bit and image\ndraw = \"common\"\ntime = \"image\"\nsemantics = "
      "\"physical\"\n",
      name, net.name, fmt::join(kUpsets, ", "), map.request().images, kTrials,
      is_shipped(net) ? net.name : net.name + std::string(kHardwareEnd), kHardwareEnd,
      to_string(map.request().mode), fmt::join(spaces, ", "),
      map.request().layers.empty()
          ? std::string()
          : fmt::format("layers = [[{}]]\n", fmt::join(map.request().layers, ", ")),
      fmt::join(rates, ", "));
}

}  // namespace

ProtectionGoal ProtectionGoal::of_budget(std::string_view text) {
  ProtectionGoal goal;
  for (const auto unit : {CostUnit::bits, CostUnit::luts, CostUnit::block_rams}) {
    const auto amount = amount_of(text, unit_name(unit));
    if (amount && (unit == CostUnit::bits || !amount->percent)) {
      goal.unit = unit;
      goal.budget = amount;
      return goal;
    }
  }
  throw InputError(
      fmt::format("the budget '{}' is none: give bits=N% (0 to 100, of the map's bits), "
                  "bits=N, luts=N or bram=N with a number of 0 or more",
                  text));
}

ProtectionGoal ProtectionGoal::of_target(std::string_view text) {
  const auto amount = amount_of(text, "critical");
  if (!amount || (!amount->percent && amount->number > 1)) {
    throw InputError(fmt::format(
        "the target '{}' is none: give critical=X% (0 to 100, of what is critical without protection) "
        "or critical=X (0 to 1, of all pairs of a fault and an image)",
        text));
  }
  ProtectionGoal goal;
  goal.target = amount;
  return goal;
}

long ProtectionPlan::extra_bits() const {
  long sum = 0;
  for (const auto& storage : chosen_storages()) {
    sum += storage.extra_bits;
  }
  return sum;
}

LogicCost ProtectionPlan::extra_logic() const {
  LogicCost sum;
  for (std::size_t i = 0; i < logic.size(); ++i) {
    if (chosen[i]) {
      sum += logic[i];
    }
  }
  return sum;
}

std::vector<ProtectedStorage> ProtectionPlan::chosen_storages() const {
  std::vector<ProtectedStorage> some;
  for (std::size_t i = 0; i < storages.size(); ++i) {
    if (chosen[i]) {
      some.push_back(storages[i]);
    }
  }
  return some;
}

ProtectionPlan plan_protection(const MapResults& map, const std::vector<std::string>& codecs,
                               const ProtectionGoal& goal, bool synthesize) {
  auto storages = protected_storages(map, codecs);
  std::vector<LogicCost> logic;
  if (synthesize || goal.unit != CostUnit::bits) {
    logic = synthesize_all(storages);
  }
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < storages.size(); ++i) {
    candidates.push_back({storages[i].critical,
                          cost_in(goal.unit, storages[i], logic.empty() ? LogicCost() : logic[i]),
                          storages[i].codec != nullptr});
  }
  ProtectionPlan plan{std::move(storages), std::move(logic), {}, 0, 0, 0, 0, BestChoices(candidates)};
  for (const auto& storage : plan.storages) {
    plan.bits += storage.bit_count();
    plan.critical += storage.critical;
  }
  plan.pairs = map.layout().size() * static_cast<std::uint64_t>(map.request().images);
  const auto choice = goal.target ? reach(plan, *goal.target) : spend(plan, candidates, goal);
  plan.left = choice.left;
  plan.chosen.resize(plan.storages.size());
  for (const auto which : choice.chosen) {
    plan.chosen[which] = true;
  }
  return plan;
}

std::map<std::string, std::string> protection_files(const MapResults& map, const ProtectionPlan& plan,
                                                    const std::string& name) {
  const auto& net = *map.request().net;
  const auto hardware = with_protection(net, plan.chosen_storages(), name);
  std::map<std::string, std::string> files = {
      {hardware.network + std::string(kNetworkEnd), network_text(hardware)},
      {name + std::string(kHardwareEnd), hardware_text(hardware)}};
  if (const auto mode = map.request().mode; mode == MapMode::seu || mode == MapMode::mbu) {
    files["check.toml"] = check_campaign(map, plan, name);
    if (!is_shipped(net)) {
      files[net.name + std::string(kHardwareEnd)] = hardware_text(net);
    }
  }
  return files;
}

}  // namespace fluence
