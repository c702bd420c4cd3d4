#include "cli/completion.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>

#include "campaign/scenario.hpp"
#include "cli/options.hpp"
#include "fault/fault.hpp"
#include "network/known_networks.hpp"
#include "rtl/site.hpp"
#include "session/campaign.hpp"

namespace fluence::cli {
namespace {

using Words = std::vector<std::string>;

template <typename Values>
Words names_of(const Values& values) {
  Words names;
  for (const auto value : values) {
    names.emplace_back(to_string(value));
  }
  return names;
}

// What stands for a value in the help text, without the values that the parser adds.
std::string type_of(const CLI::Option& option) {
  const auto type = option.get_type_name();
  return type.substr(0, type.find(':'));
}

// Those of an option of which not every text is a value.
Words values_of(const CLI::Option& option) {
  const auto type = type_of(option);
  if (type == "NETWORK") {
    Words names;
    for (const auto* nets : {&all_topologies(), &protected_topologies()}) {
      std::ranges::transform(*nets, std::back_inserter(names), &Topology::name);
    }
    return names;
  }
  if (type == "SPEC") {
    const auto names = shipped_campaigns();
    return {names.begin(), names.end()};
  }
  if (type == "SPACE") {
    return names_of(kSpaces);
  }
  if (type == "ENGINE") {
    return names_of(std::array{EngineKind::fast, EngineKind::rtl});
  }
  if (type == "SEMANTICS") {
    return names_of(std::array{Semantics::physical, Semantics::source, Semantics::shipped});
  }
  return possible_values(option);
}

// ":files toml" of FILE.toml; empty: the value is no path.
std::string paths_of(const CLI::Option& option) {
  const auto type = type_of(option);
  for (const auto* folder : {"DIR", "SHARD", "BEFORE NOW"}) {
    if (type == folder) {
      return ":folders";
    }
  }
  if (type == "SPEC") {
    return ":files toml";
  }
  const auto dot = type.find('.');
  const bool one_kind = dot != std::string::npos && type.find_first_of(" |]", dot) == std::string::npos;
  if (one_kind) {
    return ":files " + type.substr(dot + 1);
  }
  for (const auto* file : {"FILE", "PATH", "NETWORK"}) {
    if (type.find(file) != std::string::npos) {
      return ":files";
    }
  }
  return dot == std::string::npos ? "" : ":files";
}

std::string line(const std::string& word, std::string what = "") {
  std::ranges::replace(what, '\n', ' ');
  return word + (what.empty() ? "" : " " + what) + "\n";
}

// A network or a campaign may be a path, too.
std::string values_text(const CLI::Option& option, const std::string& begun) {
  std::string text;
  for (const auto& value : values_of(option)) {
    text += value.starts_with(begun) ? line(value) : "";
  }
  const auto paths = paths_of(option);
  return paths.empty() ? text : text + paths + "\n";
}

std::string commands_text(const CLI::App& app, const std::string& begun) {
  std::string text;
  for (const auto* command : app.get_subcommands(std::function<bool(const CLI::App*)>())) {
    text += command->get_name().starts_with(begun)
                ? line(command->get_name(), command->get_description())
                : "";
  }
  return text;
}

std::string flags_text(const CLI::App& command, const std::string& begun) {
  std::string text;
  for (const auto* option : command.get_options(std::function<bool(const CLI::Option*)>())) {
    for (const auto& name : option->get_lnames()) {
      const auto flag = "--" + name;
      text += flag.starts_with(begun) ? line(flag, option->get_description()) : "";
    }
  }
  return text;
}

// The option that takes the last word: the flag before it, if so many values can follow that.
const CLI::Option* taking(const CLI::App& command, const Words& words) {
  const auto flag = std::find_if(std::next(words.rbegin()), words.rend(),
                                 [](const auto& word) { return word.starts_with("-"); });
  if (flag == words.rend()) {
    return nullptr;
  }
  const auto* option = command.get_option_no_throw(*flag);
  return option != nullptr && std::distance(words.rbegin(), flag) <= option->get_items_expected_max()
             ? option
             : nullptr;
}

}  // namespace

std::string completions(const CLI::App& app, const Words& words) {
  if (words.empty()) {
    return "";
  }
  const auto& begun = words.back();
  if (words.size() == 1) {
    return begun.starts_with("-") ? flags_text(app, begun) : commands_text(app, begun);
  }
  const auto chosen =
      app.get_subcommands([&](const CLI::App* command) { return command->get_name() == words.front(); });
  if (chosen.empty()) {
    return "";
  }
  const auto* command = chosen.front();
  if (begun.starts_with("-")) {
    return flags_text(*command, begun);
  }
  if (const auto* option = taking(*command, words)) {
    return values_text(*option, begun);
  }
  const auto options = command->get_options(std::function<bool(const CLI::Option*)>());
  const auto own = std::ranges::find_if(options, &CLI::Option::get_positional);
  return own == options.end() ? flags_text(*command, begun) : values_text(**own, begun);
}

}  // namespace fluence::cli
