#include <memory>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "fault/campaign/integrity.hpp"

namespace fluence::cli {

void add_digest(CLI::App& app, int& code) {
  auto* command =
      app.add_subcommand("digest", "Print what a campaign's results say as one number, to compare two");
  auto folders = std::make_shared<std::vector<std::string>>();
  command->add_option("folders", *folders, "results of 'fluence run' or 'fluence merge'")
      ->type_name("DIR")
      ->required();
  add_example(*command, "fluence digest results/smoke");
  command->callback([folders, &code] {
    for (const auto& folder : *folders) {
      print(content_digest(folder) + "  " + folder + "\n");
    }
    code = kDone;
  });
}

}  // namespace fluence::cli
