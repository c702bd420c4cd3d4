#include "campaign/outcome_keys.hpp"

#include <limits>
#include <string>
#include <utility>

#include "base/error.hpp"

namespace fluence {
namespace {

constexpr int kMostClasses = 65'535;
constexpr std::size_t kMostPairs = 10'000;
constexpr auto kForms = "use \"class\", {pairs = [[\"from\", \"to\"]]}, {top = K} or {margin = M}";

NamedClass as_class(const toml::node& node) {
  if (node.is_integer()) {
    return {static_cast<int>(as_integer(node, 0, kMostClasses))};
  }
  if (const auto name = node.value<std::string>(); name && !name->empty()) {
    return {0, *name};
  }
  throw InputError("a class is wanted, by name or number, or \"*\" for any other one: correct it");
}

std::pair<NamedClass, NamedClass> as_pair(const toml::node& node) {
  const auto* both = node.as_array();
  if (both == nullptr || both->size() != 2) {
    throw InputError("a pair is wanted, [\"from\", \"to\"]: the class without faults and the one with");
  }
  return {as_class(*both->get(0)), as_class(*both->get(1))};
}

// Within the key's value, which gets file, line and key put before what is thrown.
CriticalRule as_critical(const toml::node& node) {
  if (node.is_string() && *node.value<std::string>() == "class") {
    return {};
  }
  const auto* table = node.as_table();
  if (table == nullptr || table->size() != 1) {
    throw InputError(std::string("one rule is wanted: ") + kForms);
  }
  const auto only = table->begin();
  const toml::key& key = only->first;
  const toml::node& value = only->second;
  CriticalRule rule;
  if (key == "top" || key == "margin") {
    const bool top = key == "top";
    rule.kind = top ? CriticalRule::Kind::top : CriticalRule::Kind::margin;
    rule.number = static_cast<int>(as_integer(value, 1, top ? kMostClasses : CriticalRule::kMostMargin));
    return rule;
  }
  if (key != "pairs") {
    throw InputError("'" + std::string(key.str()) + "' is unknown: " + kForms);
  }
  const auto* pairs = value.as_array();
  if (pairs == nullptr || pairs->empty() || pairs->size() > kMostPairs) {
    throw InputError("1 to " + std::to_string(kMostPairs) + " pairs are wanted: " + kForms);
  }
  rule.kind = CriticalRule::Kind::pairs;
  for (const auto& pair : *pairs) {
    rule.named.push_back(as_pair(pair));
  }
  return rule;
}

ScoreRange as_range(const toml::node& node) {
  const auto* ends = node.as_array();
  if (ends == nullptr || ends->size() != 2) {
    throw InputError("the least and the most score are wanted, [0, 512]: correct it");
  }
  const auto score = [](const toml::node& end) {
    return static_cast<int>(
        as_integer(end, std::numeric_limits<Score>::min(), std::numeric_limits<Score>::max()));
  };
  const ScoreRange range{score(*ends->get(0)), score(*ends->get(1))};
  if (range.least > range.most) {
    throw InputError("the least score is above the most: turn them round");
  }
  return range;
}

}  // namespace

OutcomeRule read_outcome_keys(TomlTable& table, OutcomeRule inherited) {
  auto rule = std::move(inherited);
  if (table.has("critical")) {
    table.value("critical", [&](const toml::node& node) { rule.critical = as_critical(node); });
  }
  if (table.has("plausible")) {
    table.value("plausible", [&](const toml::node& node) { rule.plausible = as_range(node); });
  }
  if (table.has("watchdog")) {
    table.value("watchdog", [&](const toml::node& node) {
      rule.watchdog = static_cast<std::uint64_t>(as_integer(node, kLeastWatchdog, kMostWatchdog));
    });
  }
  return rule;
}

}  // namespace fluence
