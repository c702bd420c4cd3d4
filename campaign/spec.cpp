#include "campaign/spec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <utility>

#include "base/error.hpp"
#include "base/input_file.hpp"
#include "campaign/burst_tables.hpp"
#include "campaign/draw_key.hpp"
#include "campaign/outcome_keys.hpp"
#include "campaign/toml_table.hpp"
#include "fault/fast_engine.hpp"
#include "network/known_networks.hpp"
#include "rtl/cycle_model.hpp"

namespace fluence {
namespace {

constexpr int kMost = 1'000'000'000;    // of a layer
constexpr int kMostTrials = 1'000'000;  // also images of a trial
constexpr std::size_t kMostScenarios = 10'000;
constexpr std::int64_t kMostAllTrials = 100'000'000;

// All whole numbers in decimal digits, however they are written in the file.
constexpr auto kOneForm =
    toml::toml_formatter::default_flags &
    ~(toml::format_flags::allow_binary_integers | toml::format_flags::allow_octal_integers |
      toml::format_flags::allow_hexadecimal_integers);

// Defaults that the top of the file sets for its parts.
struct Defaults {
  std::string file;
  int count = 0;
  int trials = 0;
  double limit = 0;
  OutcomeRule rule{};
  BurstTables bursts{};
};

// What scenarios of a network are checked by, made once a spec.
struct NetworkFacts {
  explicit NetworkFacts(const Topology& net) : sites(net) {}
  double run_length(int images) {
    if (!cycles) {
      cycles = predict_cycles(dataflow(sites.net()), kPredictedImages);
    }
    return cycles->run_length(images);
  }

  SiteMap sites;
  std::optional<CyclePrediction> cycles{};  ///< once somebody asks
};
using Networks = std::map<std::string, NetworkFacts>;

// Of networks that the file states by path: the path as it states it, and the name.
using NetworkNames = std::map<std::string, std::string>;

std::string one_of(const std::string& value, std::initializer_list<std::string_view> known) {
  if (std::ranges::find(known, value) != known.end()) {
    return value;
  }
  std::string list;
  for (const auto& k : known) {
    list += (list.empty() ? "" : " or ") + std::string(k);
  }
  throw InputError("'" + value + "' is unknown: use " + list);
}

// A text key with few possible values; the first is the default.
std::string choice(TomlTable& table, std::string_view key,
                   std::initializer_list<std::string_view> known) {
  std::string value(*known.begin());
  if (table.has(key)) {
    table.value(key, [&](const toml::node& node) { value = one_of(as_text(node), known); });
  }
  return value;
}

// Calls `item` for the elements of a list within a list, or for the node itself.
void each_within(const toml::node& node, const TomlTable::Item& item) {
  if (!node.is_array()) {
    item(node);
    return;
  }
  if (node.as_array()->empty()) {
    throw InputError("a list within the list is empty: name at least one value");
  }
  for (const auto& element : *node.as_array()) {
    item(element);
  }
}

std::vector<std::vector<Space>> read_spaces(TomlTable& table) {
  std::vector<std::vector<Space>> groups;
  table.each("spaces", [&](const toml::node& node) {
    auto& group = groups.emplace_back();
    each_within(node, [&](const toml::node& n) { group.push_back(space_from_string(as_text(n))); });
  });
  return groups;
}

std::vector<std::vector<int>> read_layers(TomlTable& table) {
  std::vector<std::vector<int>> groups;
  if (!table.has("layers")) {
    groups.emplace_back();
    return groups;
  }
  table.each("layers", [&](const toml::node& node) {
    auto& group = groups.emplace_back();
    if (node.is_string()) {
      static_cast<void>(one_of(as_text(node), {"all"}));
      return;
    }
    each_within(
        node, [&](const toml::node& n) { group.push_back(static_cast<int>(as_integer(n, 0, kMost))); });
  });
  return groups;
}

// A number of images or trials; 0 is "not stated above".
int read_count(TomlTable& table, std::string_view key, int inherited) {
  if (table.has(key) || inherited == 0) {
    table.value(key, [&](const toml::node& node) {
      inherited = static_cast<int>(as_integer(node, 1, kMostTrials));
    });
  }
  return inherited;
}

double read_limit(TomlTable& table, double inherited) {
  if (table.has("limit")) {
    table.value("limit", [&](const toml::node& node) {
      const auto value = node.value<double>();
      if (!node.is_number() || !(*value >= kLeastLimit && *value <= kMostLimit)) {
        throw InputError(fmt::format("seconds are wanted, a number from {} to {:.0f}: correct it",
                                     kLeastLimit, kMostLimit));
      }
      inherited = *value;
    });
  }
  return inherited;
}

// What trials depend on: networks by their names, wherever their files are.
std::string text_of(toml::table root, const NetworkNames& names = {}) {
  const auto name = [&](toml::node* node) {
    if (auto* text = node->as_string()) {
      if (const auto it = names.find(text->get()); it != names.end()) {
        *text = it->second;
      }
    }
  };
  root.erase("limit");
  root.erase("study");
  if (auto* parts = root["part"].as_array()) {
    for (auto& part : *parts) {
      if (auto* table = part.as_table()) {
        table->erase("limit");
        if (auto* networks = table->get("networks"); networks != nullptr && networks->is_array()) {
          for (auto& network : *networks->as_array()) {
            name(&network);
          }
        } else if (networks != nullptr) {
          name(networks);
        }
      }
    }
  }
  std::ostringstream text;
  text << toml::toml_formatter(root, kOneForm);
  return text.str();
}

std::optional<Target> read_target(TomlTable& table) {
  const bool wanted = table.has("margin");
  if (table.has("confidence") && !wanted) {
    table.fail("'confidence' is that of a 'margin' and this part has none: add it");
  }
  if (!wanted) {
    return std::nullopt;
  }
  Target target;
  const auto per_cent = [](const toml::node& node, double least, double most) {
    const double value = as_per_cent(node);
    if (value < least || value > most) {
      throw InputError(fmt::format("a number from {} to {} is wanted: correct it", least, most));
    }
    return value;
  };
  table.value("margin", [&](const toml::node& n) { target.margin = per_cent(n, 0.001, 50); });
  if (table.has("confidence")) {
    table.value("confidence",
                [&](const toml::node& n) { target.confidence = per_cent(n, 50, 99.999) / 100; });
  }
  return target;
}

// Before it is expanded: a file of a few kilobytes can ask for billions.
void check_grid(std::initializer_list<std::size_t> lists, std::size_t room, const TomlTable& table) {
  std::size_t scenarios = 1;
  for (const auto values : lists) {
    scenarios *= values;
    if (scenarios > room) {
      table.fail("'networks', 'modes', 'spaces', 'layers' and 'faults' (or doses) make more than the " +
                 std::to_string(kMostScenarios) +
                 " scenarios that a campaign may have: shorten these lists, or make it several "
                 "campaigns");
    }
  }
}

// `room`: scenarios that the parts before leave.
std::vector<Scenario> expand_part(const toml::table& part, const Defaults& defaults,
                                  const DrawMaps& maps, std::size_t room, Networks& networks,
                                  NetworkNames& names) {
  TomlTable table(part, defaults.file);
  Scenario base;
  base.engine = engine_from_string(choice(table, "engine", {"fast", "rtl"}));
  std::vector<const Topology*> nets;
  table.each("networks", [&](const toml::node& n) {
    const auto stated = as_text(n);
    nets.push_back(&find_topology(stated, std::filesystem::path(defaults.file).parent_path()));
    if (stated.ends_with(".json") || stated.find('/') != std::string::npos ||
        !folder_of(*nets.back()).empty()) {
      names[stated] = nets.back()->name;
    }
  });
  std::vector<Mode> modes;
  std::vector<std::vector<BurstShape>> bursts;  // of each mode
  table.each("modes", [&](const toml::node& n) {
    modes.push_back(mode_from_string(as_text(n)));
    const auto& burst = modes.back().burst;
    bursts.push_back(burst.empty() ? std::vector<BurstShape>{} : find_burst(defaults.bursts, burst));
  });
  const auto spaces = read_spaces(table);
  const auto layers = read_layers(table);
  const auto amounts = read_amounts(table);
  const auto time = choice(table, "time", {"image", "cycle", "start"});
  base.draw_plan.by_cycle = time == "cycle";
  base.draw_plan.from_start = time == "start";
  const bool semantics_stated = table.has("semantics");
  base.draw_plan.semantics = semantics_from_string(
      base.draw_plan.by_cycle ? choice(table, "semantics", {"physical", "source", "shipped"})
                              : choice(table, "semantics", {"source", "physical", "shipped"}));
  base.draw_plan.images = read_count(table, "count", defaults.count);
  base.trials = read_count(table, "trials", defaults.trials);
  if (table.has("reload")) {
    table.value("reload", [&](const toml::node& node) {
      base.draw_plan.reload = static_cast<int>(as_integer(node, 1, kMostTrials));
    });
  }
  base.limit = read_limit(table, defaults.limit);
  base.target = read_target(table);
  base.rule = read_outcome_keys(table, defaults.rule);
  if (table.has("recorded")) {
    table.each("recorded", [&](const toml::node& n) { base.recorded.push_back(as_per_cent(n)); });
  }
  const auto preference = read_preference(table, maps);
  if (preference.common && !amounts.front().dose) {
    table.fail(
        "'draw = \"common\"' hits what several hardwares have alike at the same dose, and this part "
        "has none: state a 'rate' or 'fluence' in place of 'faults', or leave 'draw' out");
  }
  if (preference.by_map() && base.target) {
    table.fail("a 'margin' counts plain draws, which 'draw' makes of none: leave one of both out");
  }
  base.draw = preference.text();
  base.draw_plan.common = preference.common;
  base.draw_plan.plain = preference.plain;
  table.reject_unknown();
  check_grid({nets.size(), modes.size(), spaces.size(), layers.size(), amounts.size()}, room, table);

  std::vector<Scenario> scenarios;
  for (const auto* net : nets) {
    auto& facts = networks.try_emplace(net->name, *net).first->second;
    for (std::size_t m = 0; m < modes.size(); ++m) {
      const auto& mode = modes[m];
      for (const auto& space_group : spaces) {
        for (const auto& layer_group : layers) {
          for (const auto& amount : amounts) {
            auto scenario = base;
            scenario.net = net;
            scenario.draw_plan.word_size = mode.word_size;
            scenario.draw_plan.kind = mode.kind;
            scenario.draw_plan.duration = mode.duration;
            scenario.draw_plan.bursts = bursts[m];
            scenario.draw_plan.extent = mode.extent;
            scenario.burst = mode.burst;
            scenario.draw_plan.spaces = space_group;
            // Of other spaces than parameters, the start is a cycle.
            scenario.draw_plan.by_cycle =
                base.draw_plan.by_cycle ||
                (base.draw_plan.from_start && !std::ranges::all_of(space_group, is_parameter));
            if (!semantics_stated && (mode.kind != FaultKind::flip || scenario.draw_plan.by_cycle)) {
              scenario.draw_plan.semantics = Semantics::physical;
            }
            scenario.draw_plan.layers = layer_group;
            scenario.draw_plan.faults = amount.faults;
            scenario.dose = amount.dose;
            try {
              if (amount.dose) {
                scenario.draw_plan.upsets_a_bit =
                    amount.dose->upsets_a_bit(space_group, base.draw_plan.images,
                                              [&](int images) { return facts.run_length(images); });
              }
              if (scenario.engine == EngineKind::fast) {  // what rtl can do depends on its host
                check_capable(fast_capabilities(), scenario.draw_plan);
              }
              scenario.draw_plan.importance = preference.of(scenario);
              scenario.expected = Drawer(facts.sites, scenario.draw_plan).expected();
            } catch (const InputError& e) {
              table.fail("in this part, " + std::string(e.what()));
            }
            scenarios.push_back(std::move(scenario));
          }
        }
      }
    }
  }
  if (!base.recorded.empty() && scenarios.size() > 1) {
    table.fail("'recorded' belongs to one scenario and this part has " +
               std::to_string(scenarios.size()) + ": give that scenario a part of its own");
  }
  return scenarios;
}

std::filesystem::path read_path(TomlTable& table, std::string_view key,
                                const std::filesystem::path& file) {
  std::filesystem::path path;
  if (table.has(key)) {
    table.value(key, [&](const toml::node& node) {
      path = (file.parent_path() / as_text(node)).lexically_normal();
    });
  }
  return path;
}

// Puts the numbers of a device's file in its place, so that the text says all that trials depend on.
void read_devices(toml::table& root, const std::filesystem::path& file, const DeviceReader& devices) {
  auto* parts = root["part"].as_array();
  for (std::size_t i = 0; parts != nullptr && i < parts->size(); ++i) {
    auto* part = parts->get_as<toml::table>(i);
    auto* stated = part == nullptr ? nullptr : part->get("cross_section");
    if (stated == nullptr || !stated->is_string()) {
      continue;
    }
    toml::table numbers;
    TomlTable(*part, file.string()).value("cross_section", [&](const toml::node& node) {
      if (!devices) {
        throw InputError("a device's file is not read here: state its numbers, by space");
      }
      for (const auto& [space, value] : devices(file.parent_path() / as_text(node))) {
        numbers.insert(to_string(space), value);
      }
    });
    part->insert_or_assign("cross_section", numbers);
  }
}

// A name becomes a folder's name.
void check_name(const std::string& name) {
  const bool plain = !name.empty() && name.front() != '.' && std::ranges::all_of(name, [](char c) {
    return std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
               .find(c) != std::string_view::npos;
  });
  if (!plain) {
    throw InputError("'" + name + "' is no name: use letters, digits, '.', '_' and '-'");
  }
}

}  // namespace

Spec Spec::parse(std::string_view text, const std::filesystem::path& file, const DeviceReader& devices,
                 const MapReader& map_reader) {
  auto root = parse_toml(text, file.string());
  read_devices(root, file, devices);
  const auto maps = read_maps(root, file, map_reader);
  TomlTable table(root, file.string());
  Spec spec;
  table.value("name", [&](const toml::node& node) { check_name(spec.name = as_text(node)); });
  table.value("seed", [&](const toml::node& node) {
    spec.seed = static_cast<std::uint64_t>(as_integer(node, 0, kMostSeed));
  });
  if (table.has("study")) {
    table.value("study", [&](const toml::node& node) { check_name(spec.study = as_text(node)); });
  }
  spec.params = read_path(table, "params", file);
  spec.images = read_path(table, "images", file);
  Defaults defaults{file.string()};
  defaults.count = table.has("count") ? read_count(table, "count", 0) : 0;
  defaults.trials = table.has("trials") ? read_count(table, "trials", 0) : 0;
  defaults.limit = read_limit(table, 0);
  defaults.rule = read_outcome_keys(table);
  defaults.bursts = read_burst_tables(table);
  const auto parts = table.tables("part");
  table.reject_unknown();

  Networks networks;
  NetworkNames names;
  std::map<const Topology*, OutcomeRule> rules;
  std::set<std::pair<EngineKind, std::string>> seen;
  std::int64_t trials = 0;
  for (const auto* part : parts) {
    const auto room = kMostScenarios - spec.scenarios.size();
    for (auto& scenario : expand_part(*part, defaults, maps, room, networks, names)) {
      if (!seen.emplace(scenario.engine, scenario.text()).second) {
        TomlTable(*part, file.string())
            .fail("this part repeats the scenario '" + scenario.text() +
                  "', whose trials would be the same again: state it once");
      }
      if (rules.try_emplace(scenario.net, scenario.rule).first->second != scenario.rule) {
        TomlTable(*part, file.string())
            .fail("this part has another 'critical', 'plausible' or 'watchdog' than one before it for " +
                  scenario.net->name +
                  ", whose outcomes could not be compared: state the same, or make it two campaigns");
      }
      if ((trials += scenario.trials) > kMostAllTrials) {
        TomlTable(*part, file.string())
            .fail("with this part the campaign has more than " + std::to_string(kMostAllTrials) +
                  " trials: lower 'trials', or make it several campaigns");
      }
      spec.scenarios.push_back(std::move(scenario));
    }
  }
  spec.text = text_of(root, names);
  return spec;
}

std::string Spec::in_one_form(const std::string& text) try {
  return text_of(parse_toml(text, "spec"));
} catch (const InputError&) {
  return text;
}

Spec Spec::load(const std::filesystem::path& file, const DeviceReader& devices, const MapReader& maps) {
  return parse(read_text(file, "the campaign", kMebibyte), file, devices, maps);
}

std::vector<const Topology*> Spec::networks() const {
  std::vector<const Topology*> nets;
  for (const auto& scenario : scenarios) {
    if (std::ranges::find(nets, scenario.net) == nets.end()) {
      nets.push_back(scenario.net);
    }
  }
  return nets;
}

int Spec::most_images(std::string_view network) const {
  int most = 0;
  for (const auto& scenario : scenarios) {
    if (network.empty() || network == scenario.net->name) {
      most = std::max(most, scenario.draw_plan.images);
    }
  }
  return most;
}

}  // namespace fluence
