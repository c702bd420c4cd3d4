#include "map/results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/output_file.hpp"
#include "base/text.hpp"
#include "campaign/stop_signals.hpp"
#include "campaign/worker_pool.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/outputs.hpp"
#include "cli/printout.hpp"
#include "map/buffer_summary.hpp"
#include "map/compare.hpp"
#include "map/summary.hpp"
#include "network/known_networks.hpp"
#include "session/buffer_map.hpp"
#include "session/map.hpp"

namespace fluence::cli {
namespace {

struct MapArguments {
  std::string network, params, images, mode = "seu", given, cycles, shard, out, totals;
  std::vector<std::string> spaces = {"weights", "thresholds"};
  std::vector<int> layers;
  std::optional<int> count;
  int jobs = default_jobs();
  std::vector<std::string> compare;
  Printout printout;
};

// What a map of either kind is made of; declares its files and checks them.
template <typename Order>
Order order_of(MapArguments& arguments, const std::vector<Space>& spaces, const char* file) {
  Order order;
  order.request.net = &find_topology(arguments.network);
  order.request.spaces = spaces;
  order.request.layers = arguments.layers;
  order.shard = arguments.shard;
  order.out = arguments.out;
  order.params = arguments.params;
  order.images = arguments.images;
  order.count = arguments.count;
  order.jobs = arguments.jobs;
  order.warn = complain;
  Outputs outputs;
  outputs.reads("the map", order.folder() / file)
      .reads("--params", arguments.params)
      .reads("--images", arguments.images)
      .writes("--totals", arguments.totals);
  arguments.printout.declare(outputs);
  outputs.check();
  return order;
}

int end_interrupted(int done, int images, const std::string& place) {
  complain(fmt::format("interrupted with {} of {} images in {}: run the same command to resume", done,
                       images, place));
  return kFailed;
}

// Where some space is no memory of parameters.
int run_buffer_map_command(MapArguments& arguments, const std::vector<Space>& spaces) {
  auto& printout = arguments.printout;
  if (arguments.mode != "seu") {
    throw InputError("buffers are mapped by single upsets at cycles: leave out --mode " +
                     arguments.mode + ", or map weights and thresholds");
  }
  if (!arguments.given.empty()) {
    throw InputError(
        "buffers are mapped without other upsets: leave out --given, or map weights and "
        "thresholds");
  }
  const StopSignals stop_signals;
  auto order = order_of<BufferMapOrder>(arguments, spaces, kBufferMapFile);
  order.cycles = arguments.cycles;
  const auto run = run_buffer_map(order);
  const auto& map = run.map;
  const auto place = printable(run.folder.string());
  if (run.interrupted) {
    return end_interrupted(map.images_done(), map.request().images, place);
  }
  if (map.request().shard.count > 1) {
    printout.say(
        fmt::format("{} of {} images, in {}: what they say stands in the whole map, see "
                    "'fluence merge'\n",
                    map.images_done(), map.request().images, place));
    return kDone;
  }
  printout.show(buffer_text(map) + "digest " + map.digest() + ", in " + place + "\n", buffer_json(map));
  if (printout.wants_csv()) {
    printout.csv([&](const TextSink& sink) { buffer_csv(map, run.folder, sink); });
  }
  if (!arguments.totals.empty()) {
    write_file(arguments.totals, buffer_totals_csv(map));
  }
  printout.end();
  return kDone;
}

int run_map_command(MapArguments& arguments) {
  auto& printout = arguments.printout;
  if (!arguments.compare.empty()) {
    const auto& before = arguments.compare.front();
    const auto& now = arguments.compare.back();
    printout.check();
    const auto compared = compare_maps(before, now);
    printout.show(comparison_text(compared), comparison_json(compared));
    printout.end();
    return kDone;
  }
  if (arguments.network.empty() || arguments.out.empty()) {
    throw InputError(
        "a map needs a network and a folder: give --network and --out, or --compare with two folders");
  }
  std::vector<Space> spaces;
  for (const auto& name : arguments.spaces) {
    spaces.push_back(space_from_string(name));
  }
  if (!std::ranges::all_of(spaces, is_parameter)) {
    return run_buffer_map_command(arguments, spaces);
  }
  if (!arguments.cycles.empty()) {
    throw InputError(
        "weights and thresholds are mapped from the start of a run, at no cycle: leave out --cycles, or "
        "name buffers with --spaces");
  }
  const StopSignals stop_signals;
  auto order = order_of<MapOrder>(arguments, spaces, kMapFile);
  order.request.mode = map_mode_from_string(arguments.mode);
  if (!arguments.given.empty()) {
    order.request.given = given_upsets(arguments.given, *order.request.net);
  }
  const auto [map, folder, interrupted] = run_map(order);
  const auto place = printable(folder);
  if (interrupted) {
    return end_interrupted(map.images_done(), map.request().images, place);
  }
  printout.show(map_text(map) + "digest " + map.digest() + ", in " + place + "\n", map_json(map));
  if (printout.wants_csv()) {
    printout.csv(map_csv(map));
  }
  if (!arguments.totals.empty()) {
    write_file(arguments.totals, map_totals_csv(map));
  }
  printout.end();
  return kDone;
}

}  // namespace

void add_map(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("map",
                                     "What every single parameter bit, inverted, does to each image, "
                                     "or every bit of the buffers in every cycle; "
                                     "nothing is sampled. Ctrl-C ends it "
                                     "in order, and the same command resumes it");
  auto arguments = std::make_shared<MapArguments>();
  auto* compare = command
                      ->add_option("--compare", arguments->compare,
                                   "make no map: print what two of the same faults and images differ in")
                      ->type_name("BEFORE NOW")
                      ->expected(2);
  add_network(*command, arguments->network);
  command->get_option("--network")->required(false);
  compare->excludes("--network");
  command
      ->add_option("--spaces", arguments->spaces,
                   "weights, thresholds [both], or of window, vector, accumulator, pool, fifo, stream; "
                   "with commas or spaces")
      ->type_name("SPACE")
      ->delimiter(',');
  command->add_option("--layers", arguments->layers, "only these, from 0 [all]")
      ->type_name("L")
      ->delimiter(',')
      ->transform(in_range(0, 1'000'000));
  command
      ->add_option("--mode", arguments->mode,
                   "seu: every bit inverted, mbu: every aligned group of 8 bits of a word, stuck0 or "
                   "stuck1: every bit "
                   "held at a value")
      ->type_name("MODE")
      ->check(one_of({"seu", "mbu", "stuck0", "stuck1"}))
      ->capture_default_str();
  command
      ->add_option("--given", arguments->given,
                   "every second bit given these first ones, which are inverted all the time: a stored "
                   "bit as space,layer,module,index,thresh,bit, or a fault list of one case")
      ->type_name("SITE|FILE");
  add_params(*command, arguments->params);
  add_images(*command, arguments->images);
  command
      ->add_option("--count", arguments->count,
                   "only the first K images [all; of a map of buffers 2, back to back]")
      ->type_name("K")
      ->transform(in_range(1, 1'000'000'000));
  command
      ->add_option("--cycles", arguments->cycles,
                   "of a map of buffers: upsets in the cycles A to B-1 of the run alone [all]")
      ->type_name("A:B");
  add_jobs(*command, arguments->jobs);
  command
      ->add_option("--shard", arguments->shard,
                   "part i (from 0) of n of the images alone, into the folder shard-i-of-n below --out; "
                   "see 'fluence merge'")
      ->type_name("i/n");
  command->add_option("--out", arguments->out, "folder of the map")->type_name("DIR");
  arguments->printout.add_csv(*command, "a row for each bit or group");
  command->add_option("--totals", arguments->totals, "also a row for each space and layer")
      ->type_name("FILE");
  const auto* json = arguments->printout.add_json(*command, "what is printed, and the 100 worst bits");
  for (auto* option : command->get_options()) {
    if (option != compare && option != json && option->get_name() != "--help") {
      compare->excludes(option);
    }
  }
  add_example(*command, "fluence map --network " + example_network() +
                            " --count 200 --out results/map --csv map.csv");
  command->callback([arguments, &code] { code = run_map_command(*arguments); });
}

}  // namespace fluence::cli
