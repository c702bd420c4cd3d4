#include <fmt/format.h>

#include <memory>

#include "base/error.hpp"
#include "campaign/database.hpp"
#include "campaign/integrity.hpp"
#include "campaign/provenance.hpp"
#include "campaign/store.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "map/results.hpp"

namespace fluence::cli {
namespace {

struct DigestArguments {
  std::vector<std::string> folders;
  bool check = false;
};

// Prints what is wrong with the results in a folder; false if anything is.
bool check(const std::string& folder) {
  if (has_map(folder)) {
    try {
      static_cast<void>(MapResults::load(folder));
    } catch (const InputError& e) {
      print(folder + " is damaged: " + e.what() + "\n");
      return false;
    }
    print(folder + " is intact\n");
    return true;
  }
  auto db = open_results(folder);
  const auto found = damages(db);
  for (const auto& damage : found) {
    print(folder + " is damaged: " + damage + "\n");
  }
  if (found.empty()) {
    print(folder + " is intact\n");
  }
  return found.empty();
}

int digest(const DigestArguments& arguments) {
  bool good = true;
  for (const auto& folder : arguments.folders) {
    if (arguments.check) {
      good = check(folder) && good;
    } else if (has_map(folder)) {
      const auto map = MapResults::load(folder);
      print(fmt::format("{}  {}  ({})\n", map.digest(), folder, provenance(map.manifest())));
    } else {
      auto store = Store::open_existing(folder);
      print(fmt::format("{}  {}  ({})\n", store.content_digest(), folder, provenance(store.manifest())));
    }
  }
  return good ? kDone : kFailed;
}

}  // namespace

void add_digest(CLI::App& app, int& code) {
  auto* command = app.add_subcommand(
      "digest",
      "Print what a campaign or a map says as one number, to compare two, and what it rests on");
  auto arguments = std::make_shared<DigestArguments>();
  command->add_option("folders", arguments->folders, "results of 'fluence run', 'map' or 'merge'")
      ->type_name("DIR")
      ->required();
  command->add_flag(
      "--check", arguments->check,
      "instead, whether every stored value is as it was written; exit code 1 if one is not");
  add_example(*command, "fluence digest results/smoke");
  command->callback([arguments, &code] { code = digest(*arguments); });
}

}  // namespace fluence::cli
