#include "platform/calibrate.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "campaign/progress.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/outputs.hpp"
#include "rtl/model/rtl_model.hpp"
#include "session/session.hpp"

namespace fluence::cli {
namespace {

void calibrate(const Topology& net, const std::filesystem::path& folder) {
  // Until its timing repeats, which nobody can foretell.
  Progress progress(Progress::kUnknown, "images", "recording " + net.name);
  const auto schedule = record_schedule(net, std::string(RtlModel::digest(net)),
                                        [&](std::int64_t images) { progress.show(images); });
  progress.end();
  const auto file = Schedule::file_in(folder, net);
  write_file(file, schedule.text());
  print(fmt::format("{}: every {} cycles an image, from image {} on\n", file.string(), schedule.period(),
                    schedule.periodic_from()));
}

}  // namespace

void add_calibrate(CLI::App& app, int& code) {
  auto* command = app.add_subcommand(
      "calibrate", "Record when the RTL writes and reads each word, which the fast engine must know");
  auto network = std::make_shared<std::string>();
  auto out = std::make_shared<std::string>();
  add_optional_network(*command, *network);
  command->add_option("--out", *out, "folder of the schedules [where the fast engine looks for them]")
      ->type_name("DIR");
  add_example(*command, "fluence calibrate --network " + example_network());
  command->callback([network, out, &code] {
    const auto nets = chosen_networks(*network);
    for (const auto* net : nets) {
      static_cast<void>(RtlModel::digest(*net));  // refuses one without a model
    }
    const auto folder_for = [&out](const Topology& net) {
      return out->empty() ? schedule_folder(net) : std::filesystem::path(*out);
    };
    Outputs outputs;
    for (const auto* net : nets) {
      make_folder(folder_for(*net));
      outputs.writes("the schedule", Schedule::file_in(folder_for(*net), *net));
    }
    outputs.check();
    for (const auto* net : nets) {
      calibrate(*net, folder_for(*net));
    }
    code = kDone;
  });
}

}  // namespace fluence::cli
