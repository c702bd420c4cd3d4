#include <filesystem>
#include <memory>

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/text.hpp"
#include "campaign/merge.hpp"
#include "campaign/shard.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "map/buffer_results.hpp"
#include "map/results.hpp"

namespace fluence::cli {
namespace {

struct MergeArguments {
  std::vector<std::string> shards;
  std::string out;
  int unfinished = 0;  ///< of so many shards; 0: merge
};

// "0,3-5", as sbatch --array takes it.
std::string array_text(const std::vector<int>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto begin = i;
    while (i + 1 < numbers.size() && numbers[i + 1] == numbers[i] + 1) {
      ++i;
    }
    text += (text.empty() ? "" : ",") + std::to_string(numbers[begin]);
    text += i == begin ? "" : "-" + std::to_string(numbers[i]);
  }
  return text;
}

// Whether a shard of a map is there; else they are those of a campaign.
bool has_map_shards(const MergeArguments& arguments) {
  for (int i = 0; i < arguments.unfinished; ++i) {
    const auto folder = std::filesystem::path(arguments.out) / Shard{i, arguments.unfinished}.folder();
    if (has_any_map(folder)) {
      return true;
    }
  }
  return !arguments.shards.empty() && has_any_map(arguments.shards.front());
}

int merge(const MergeArguments& arguments) {
  const bool maps = has_map_shards(arguments);
  if (arguments.unfinished > 0) {
    print(array_text(maps ? unfinished_map_shards(arguments.out, arguments.unfinished)
                          : unfinished_shards(arguments.out, arguments.unfinished)) +
          "\n");
    return kDone;
  }
  if (arguments.shards.empty()) {
    throw InputError("no shards are named: name their folders, for example " +
                     shell_path(arguments.out) + "/shard-*");
  }
  if (maps) {
    const std::vector<std::filesystem::path> shards(arguments.shards.begin(), arguments.shards.end());
    const int images = has_buffer_map(shards.front()) ? merge_buffer_maps(shards, arguments.out)
                                                      : merge_maps(shards, arguments.out);
    print(std::to_string(images) + " images of " + std::to_string(arguments.shards.size()) +
          " shards merged into " + printable(arguments.out) + "; see: fluence report " +
          shell_path(arguments.out) + "\n");
    return kDone;
  }
  const auto trials = merge_shards({arguments.shards.begin(), arguments.shards.end()}, arguments.out);
  print(std::to_string(trials) + " trials of " + std::to_string(arguments.shards.size()) +
        " shards merged into " + printable(arguments.out) + "; see: fluence report " +
        shell_path(arguments.out) + "\n");
  return kDone;
}

}  // namespace

void add_merge(CLI::App& app, int& code) {
  auto* command =
      app.add_subcommand("merge", "Join the shards of a campaign or map, or say which are not finished");
  auto arguments = std::make_shared<MergeArguments>();
  auto* shards = command
                     ->add_option("shards", arguments->shards,
                                  "folders that 'fluence run --shard' or 'map --shard' wrote")
                     ->type_name("SHARD");
  command->add_option("--out", arguments->out, "folder of the joined results; may hold the shards")
      ->type_name("DIR")
      ->required();
  command
      ->add_option("--unfinished", arguments->unfinished,
                   "merge nothing; print the numbers of those of N shards below --out that are missing "
                   "or unfinished, as sbatch --array takes them")
      ->type_name("N")
      ->transform(in_range(1, kMostShards))
      ->excludes(shards);
  add_example(*command, "fluence merge --out results/uniform results/uniform/shard-*");
  command->callback([arguments, &code] { code = merge(*arguments); });
}

}  // namespace fluence::cli
