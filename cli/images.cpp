#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "campaign/progress.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/outputs.hpp"
#include "network/digits.hpp"
#include "network/known_networks.hpp"
#include "network/synthetic.hpp"

namespace fluence::cli {
namespace {

constexpr int kSheetColumns = 12;

struct ImagesArguments {
  std::uint64_t seed = kSyntheticTestSeed;
  int count = kSyntheticTestImages;
  std::string network, out, sheet;
};

int make_images(const ImagesArguments& arguments) {
  Outputs().writes("--out", arguments.out).writes("--sheet", arguments.sheet).check();
  const auto shape = arguments.network.empty() ? kCifar10 : find_topology(arguments.network).image();
  if (!arguments.sheet.empty() && shape != kCifar10) {
    throw InputError("--sheet is a picture of coloured images: leave it out with --network " +
                     arguments.network);
  }
  std::vector<Image> drawn;
  Progress progress(arguments.count, "images");
  for (int i = 0; i < arguments.count; ++i) {
    drawn.push_back(embedded_images(shape, arguments.seed, i, 1)[0]);
    progress.show(i + 1);
  }
  progress.end();
  const ImageSet images(std::move(drawn));
  if (!arguments.sheet.empty()) {
    write_file(arguments.sheet, contact_sheet_png(images, kSheetColumns));
  }
  write_file(arguments.out, cifar10_bytes(images));
  print(fmt::format("{}: {} images, digest {}\n", arguments.out, images.size(), images.digest()));
  return kDone;
}

}  // namespace

void add_images_command(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("images", "Draw images of the embedded data set");
  auto arguments = std::make_shared<ImagesArguments>();
  command
      ->add_option("--seed", arguments->seed,
                   fmt::format("{} is the test set, {} the training set of the embedded models",
                               kSyntheticTestSeed, kSyntheticTrainSeed))
      ->type_name("N")
      ->transform(in_range(std::int64_t{0}, kMostSeed))
      ->capture_default_str();
  command->add_option("--count", arguments->count, "images")
      ->type_name("N")
      ->transform(in_range(1, 1'000'000))
      ->capture_default_str();
  command
      ->add_option("--network", arguments->network,
                   network_names() + ": draw what it takes [coloured objects]")
      ->type_name("NETWORK");
  command
      ->add_option("--out", arguments->out,
                   "records of a label and an image, as in CIFAR-10's binary format")
      ->type_name("FILE.bin")
      ->required();
  command->add_option("--sheet", arguments->sheet, "also write a contact sheet, a row for each class")
      ->type_name("FILE.png");
  add_example(*command, "fluence images --seed 2 --count 50000 --out train.bin --sheet sheet.png");
  command->callback([arguments, &code] { code = make_images(*arguments); });
}

}  // namespace fluence::cli
