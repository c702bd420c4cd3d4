#include <fmt/format.h>

#include <memory>

#include "base/output_file.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/outputs.hpp"
#include "network/known_networks.hpp"
#include "network/parameter_file.hpp"
#include "network/parameter_folder.hpp"

namespace fluence::cli {
namespace {

struct ParamsArguments {
  std::string network, params, out;
};

int convert(const ParamsArguments& arguments) {
  const auto& net = find_topology(arguments.network);
  const std::filesystem::path out = arguments.out;
  const bool to_file = out.extension() == kParameterFileSuffix;
  if (to_file) {
    Outputs().reads("--params", arguments.params).writes("--out", out).check();
  } else {
    check_new_folder(out);
  }
  const auto parameters = load_parameters(net, arguments.params);
  if (to_file) {
    write_file(out, parameter_file(parameters));
  } else {
    write_folder(out, parameter_files(parameters));
  }
  print(fmt::format("{}: parameters of {}, {} classes, digest {}\n", arguments.out, net.name,
                    parameters.class_count(), parameters.digest()));
  return kDone;
}

}  // namespace

void add_params_command(CLI::App& app, int& code) {
  auto* command =
      app.add_subcommand("params", "Write parameters as one ONNX file, or as a folder of files");
  auto arguments = std::make_shared<ParamsArguments>();
  add_network(*command, arguments->network);
  add_params(*command, arguments->params);
  command
      ->add_option("--out", arguments->out,
                   "a name that ends in .onnx: one file; another one: a new folder in BNN-PYNQ's format")
      ->type_name("FILE.onnx|DIR")
      ->required();
  add_example(*command, "fluence params --network " + example_network() +
                            " --params bnn-pynq --out parameters.onnx");
  command->callback([arguments, &code] { code = convert(*arguments); });
}

}  // namespace fluence::cli
