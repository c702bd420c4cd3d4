#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/printout.hpp"
#include "import/check.hpp"
#include "import/import.hpp"
#include "import/table.hpp"
#include "network/image_arrays.hpp"

namespace fluence::cli {
namespace {

constexpr int kDrawnImages = 100;
constexpr std::uint64_t kDrawnSeed = 1;

struct ImportArguments {
  std::string model, folding, specialize, input, out;
  std::vector<std::string> check;
  std::int64_t cycles = importing::kUsualCycles;
  Printout printout;
};

std::string check_text(const importing::Imported& imported, const ImportArguments& arguments) {
  const auto& network = imported.network();
  const auto& numbers = network.input.numbers;
  importing::CheckResult result;
  if (arguments.check.empty()) {
    result = importing::check(network, imported.parameters(),
                              importing::drawn_images(numbers, kDrawnImages, kDrawnSeed));
  } else {
    const auto& file = arguments.check.front();
    const auto images =
        image_numbers_of(read_npy(file, "the images of --check"), numbers, "'" + file + "'");
    std::optional<NumpyArray> expected;
    std::string expected_file;
    if (arguments.check.size() > 1) {
      expected_file = "'" + arguments.check[1] + "'";
      expected = read_npy(arguments.check[1], "what --check expects");
    }
    result = importing::check(network, imported.parameters(), images, expected, expected_file);
  }
  return fmt::format(
      "checked: the graph and the integer network give the same class and scores of {} {}{}\n",
      result.images, arguments.check.empty() ? "drawn images" : "images",
      result.ties > 0 ? fmt::format(" (the highest score is not alone in {})", result.ties) : "");
}

int import_network(ImportArguments& arguments) {
  auto& printout = arguments.printout;
  printout.check();
  check_new_folder(arguments.out);
  importing::ImportOptions options;
  options.folding = {arguments.folding, arguments.specialize, static_cast<long>(arguments.cycles)};
  if (!arguments.input.empty()) {
    options.input = importing::given_input(arguments.input);
  }
  const importing::Imported imported(arguments.model, options);
  const auto& network = imported.network();
  printout.show(importing::table_of(network), importing::rows_of(network));
  printout.say(check_text(imported, arguments));
  write_folder(arguments.out, imported.files());
  printout.say(fmt::format("{}: network {}\n", arguments.out, network.net.name));
  printout.end();
  return kDone;
}

}  // namespace

void add_import(CLI::App& app, int& code) {
  auto* command =
      app.add_subcommand("import", "Make a network of an ONNX file of Brevitas, QKeras or FINN");
  auto arguments = std::make_shared<ImportArguments>();
  command->add_option("model", arguments->model, "the network, as QONNX or FINN-ONNX")
      ->type_name("MODEL.onnx")
      ->required();
  command->add_option("--folding", arguments->folding, "FINN's folding file [one is chosen]")
      ->type_name("FILE.json");
  command
      ->add_option("--specialize", arguments->specialize,
                   "FINN's specialization file: which units are hls, which rtl")
      ->type_name("FILE.json");
  command
      ->add_option("--cycles", arguments->cycles,
                   "the cycles an image that a chosen folding takes at most, where it can")
      ->type_name("N")
      ->transform(in_range(std::int64_t{1}, std::int64_t{1'000'000'000}))
      ->capture_default_str();
  command
      ->add_option("--input", arguments->input,
                   "what a number of the input is where the file does not say it: int8:4 (of which 4 "
                   "bits are fraction), uint8/255 (divided by 255)")
      ->type_name("TYPE");
  command
      ->add_option("--check", arguments->check,
                   "images on which the graph and the network must give the same scores, and their "
                   "classes or scores [drawn images]")
      ->type_name("IMAGES.npy [EXPECTED.npy]")
      ->expected(1, 2);
  command->add_option("--out", arguments->out, "a new folder for the network's files")
      ->type_name("DIR")
      ->required();
  arguments->printout.add_json(*command, "a row for each layer");
  add_example(*command, "fluence import model.onnx --folding folding_config.json --out model");
  command->callback([arguments, &code] { code = import_network(*arguments); });
}

}  // namespace fluence::cli
