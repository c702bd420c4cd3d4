#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/outputs.hpp"
#include "cli/printout.hpp"
#include "network/network_file.hpp"
#include "protect/plan.hpp"

namespace fluence::cli {
namespace {

struct ProtectArguments {
  std::string folder, budget, target, out;
  std::vector<std::string> codecs = {"secded", "tmr-writeback"};
  bool cost = false;
  Printout printout;
};

double percent(std::uint64_t part, std::uint64_t all) {
  return all == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(all);
}

Table memories(const ProtectionPlan& plan) {
  std::vector<Table::Column> columns = {
      {"space", "space     ", "{:<10}"},         {"layer", "  layer", "  {:>5}"},
      {"bits", "       bits", "  {:>9}"},        {"critical_share", "  critical %", "  {:>10.3f}"},
      {"codec", "  codec         ", "  {:<14}"}, {"extra_bits", "  more bits", "  {:>9}"}};
  const bool logic = !plan.logic.empty();
  if (logic) {
    columns.push_back({"extra_luts", "      LUTs", "  {:>8}"});
    columns.push_back({"extra_flip_flops", "       FFs", "  {:>8}"});
    columns.push_back({"extra_block_rams", "   BRAM18", "  {:>7}"});
  }
  columns.push_back({"protected", "  protected", "  {:>9}"});
  Table table(columns);
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < plan.storages.size(); ++i) {
    const auto& storage = plan.storages[i];
    const bool can = storage.codec != nullptr;
    nlohmann::ordered_json row;
    row["space"] = to_string(storage.space);
    row["layer"] = storage.layer;
    row["bits"] = storage.bit_count();
    row["critical_share"] = percent(storage.critical, plan.critical);
    row["codec"] = can ? storage.codec->name() : "";
    row["extra_bits"] = can ? nlohmann::ordered_json(storage.extra_bits) : nlohmann::ordered_json();
    if (logic) {
      row["extra_luts"] = plan.logic[i].luts;
      row["extra_flip_flops"] = plan.logic[i].flip_flops;
      row["extra_block_rams"] = plan.logic[i].block_rams;
    }
    row["protected"] = plan.chosen[i] ? "yes" : "no";
    rows.push_back(std::move(row));
  }
  table.append(rows);
  return table;
}

// A row for each best choice.
std::string curve_csv(const ProtectionPlan& plan) {
  std::string text = "cost,critical_left,critical_left_share\n";
  for (std::size_t i = 0; i < plan.choices.size(); ++i) {
    const auto left = plan.choices.left(i);
    text +=
        fmt::format("{},{},{:.9g}\n", plan.choices.cost(i), left, percent(left, plan.critical) / 100);
  }
  return text;
}

std::string sum_text(const ProtectionPlan& plan) {
  const auto logic = plan.extra_logic();
  return fmt::format(
      "{} more bits ({:.3f} % of {}){}: single faults are critical in {:.5f} % of all pairs of a fault "
      "and "
      "an image instead of {:.5f} %, {:.3g} % of what was\n",
      plan.extra_bits(),
      percent(static_cast<std::uint64_t>(plan.extra_bits()), static_cast<std::uint64_t>(plan.bits)),
      plan.bits,
      plan.logic.empty()
          ? ""
          : fmt::format(", {} more LUTs, {} flip-flops and {} block RAMs of 18 Kibit by {}", logic.luts,
                        logic.flip_flops, logic.block_rams, synthesizer()),
      percent(plan.left, plan.pairs), percent(plan.critical, plan.pairs),
      percent(plan.left, plan.critical));
}

int protect(ProtectArguments& arguments) {
  auto& printout = arguments.printout;
  if (arguments.budget.empty() == arguments.target.empty()) {
    throw InputError("give --budget, what protection may cost, or --target, what it is to reach");
  }
  const auto goal = arguments.target.empty() ? ProtectionGoal::of_budget(arguments.budget)
                                             : ProtectionGoal::of_target(arguments.target);
  Outputs outputs;
  outputs.reads_results("the map", arguments.folder);
  printout.declare(outputs);
  outputs.check();
  std::string name;
  if (!arguments.out.empty()) {
    check_new_folder(arguments.out);
    name = name_of_file(std::filesystem::path(arguments.out).lexically_normal());
  }
  const auto map = MapResults::load(arguments.folder);
  if (!map.request().given.empty()) {
    throw InputError("the map in " + arguments.folder +
                     " is one of second upsets given others: give one made without --given");
  }
  const auto plan = plan_protection(map, arguments.codecs, goal, arguments.cost);
  printout.show(memories(plan));
  printout.say(sum_text(plan));
  if (printout.wants_csv()) {
    printout.csv(curve_csv(plan));
  }
  if (!arguments.out.empty()) {
    const auto files = protection_files(map, plan, name);
    write_folder(arguments.out, files);
    printout.say(
        fmt::format("{}: hardware {}{}\n", printable(arguments.out), name,
                    files.contains("check.toml") ? ", and check.toml to run at equal doses" : ""));
  }
  printout.end();
  return kDone;
}

}  // namespace

void add_protect(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("protect",
                                     "Choose which memories to protect, by the complete map of a "
                                     "hardware: the best for a budget, or the cheapest for a target, "
                                     "exact for single faults");
  auto arguments = std::make_shared<ProtectArguments>();
  command->add_option("map", arguments->folder, "folder of 'fluence map'")->type_name("DIR")->required();
  auto* budget = command
                     ->add_option("--budget", arguments->budget,
                                  "what protection may take more: bits=N% or bits=N; luts=N or bram=N, "
                                  "by synthesis with yosys")
                     ->type_name("UNIT=N");
  command
      ->add_option("--target", arguments->target,
                   "what may stay critical: critical=X% of what is so without protection, or "
                   "critical=X of all pairs of a fault and an image")
      ->type_name("critical=X")
      ->excludes(budget);
  command
      ->add_option("--codecs", arguments->codecs,
                   "how memories may be stored (docs/protection.md); each gets the one that stores the "
                   "fewest bits [secded, tmr-writeback]")
      ->type_name("CODEC")
      ->delimiter(',');
  command->add_flag("--cost", arguments->cost, "also LUTs, flip-flops and block RAMs, by synthesis");
  command
      ->add_option("--out", arguments->out,
                   "new folder: the hardware, named like it, its network, and a campaign that checks it")
      ->type_name("DIR");
  arguments->printout.add_csv(*command, "a row for each best choice: cost, and what it leaves");
  arguments->printout.add_json(*command);
  add_example(*command, "fluence protect results/map --budget bits=2% --out hardened");
  command->callback([arguments, &code] { code = protect(*arguments); });
}

}  // namespace fluence::cli
