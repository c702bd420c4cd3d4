#include <fmt/format.h>

#include <memory>

#include "base/error.hpp"
#include "campaign/database.hpp"
#include "campaign/integrity.hpp"
#include "campaign/provenance.hpp"
#include "campaign/store.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/printout.hpp"
#include "map/buffer_results.hpp"
#include "map/results.hpp"

namespace fluence::cli {
namespace {

using Row = nlohmann::ordered_json;

struct DigestArguments {
  std::vector<std::string> folders;
  bool check = false;
  Printout out;
};

// What is wrong with the results in a folder.
std::vector<std::string> damages_of(const std::string& folder) {
  if (!has_any_map(folder)) {
    auto db = open_results(folder);
    return damages(db);
  }
  try {
    if (has_map(folder)) {
      static_cast<void>(MapResults::load(folder));
    } else {
      static_cast<void>(BufferMap::load(folder));
    }
  } catch (const InputError& e) {
    return {e.what()};
  }
  return {};
}

// Prints it; false if anything is wrong.
bool check(const std::string& folder, Printout& out) {
  const auto found = damages_of(folder);
  auto text = found.empty() ? folder + " is intact\n" : "";
  for (const auto& damage : found) {
    text += folder + " is damaged: " + damage + "\n";
  }
  const Row row{{"folder", folder}, {"intact", found.empty()}, {"damages", found}};
  out.show(text, Row::array({row}));
  return found.empty();
}

void digest_of(const std::string& folder, Printout& out) {
  const auto show = [&](const std::string& digest, const Manifest& manifest) {
    const auto rests_on = provenance(manifest);
    const Row row{{"digest", digest}, {"folder", folder}, {"provenance", rests_on}};
    out.show(fmt::format("{}  {}  ({})\n", digest, folder, rests_on), Row::array({row}));
  };
  if (has_map(folder)) {
    const auto map = MapResults::load(folder);
    show(map.digest(), map.manifest());
  } else if (has_buffer_map(folder)) {
    const auto map = BufferMap::load(folder);
    show(map.digest(), map.manifest());
  } else {
    auto store = Store::open_existing(folder);
    show(store.content_digest(), store.manifest());
  }
}

int digest(DigestArguments& arguments) {
  arguments.out.check();
  bool good = true;
  for (const auto& folder : arguments.folders) {
    if (arguments.check) {
      good = check(folder, arguments.out) && good;
    } else {
      digest_of(folder, arguments.out);
    }
  }
  arguments.out.end();
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
  arguments->out.add_json(*command, "a row for each folder");
  add_example(*command, "fluence digest results/smoke");
  command->callback([arguments, &code] { code = digest(*arguments); });
}

}  // namespace fluence::cli
