#include <memory>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "fault/analysis/aggregate.hpp"

namespace fluence::cli {

void add_report(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("report", "Print a campaign's results as a table");
  auto folder = std::make_shared<std::string>();
  command->add_option("folder", *folder, "results of 'fluence run'")->type_name("DIR")->required();
  add_example(*command, "fluence report results/smoke");
  command->callback([folder, &code] {
    auto store = Store::open_existing(*folder);
    std::vector<Summary> summaries;
    for (const auto& tally : store.tallies()) {
      summaries.push_back(summarize(tally));
    }
    print(summary_table(summaries));
    code = kDone;
  });
}

}  // namespace fluence::cli
