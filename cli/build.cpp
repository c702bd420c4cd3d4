#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "network/known_networks.hpp"
#include "session/model_build.hpp"
#include "session/session.hpp"

namespace fluence::cli {
namespace {

/// "model: verilating ... 3.2 s", a line a step. One that fails ends its line, too.
class StepLines final : public BuildProgress {
 public:
  explicit StepLines(std::string what) : what_(std::move(what)) {}
  ~StepLines() override {
    if (open_) {
      fmt::print(stderr, "\n");
    }
  }
  StepLines(const StepLines&) = delete;
  StepLines& operator=(const StepLines&) = delete;
  void begin(std::string_view step) override {
    open_ = true;
    fmt::print(stderr, "{}: {} ... ", what_, step);
    std::fflush(stderr);
  }
  void end(double seconds) override {
    open_ = false;
    fmt::print(stderr, "{:.1f} s\n", seconds);
  }

 private:
  bool open_ = false;
  std::string what_;
};

void build(const std::string& network, int jobs) {
  const auto& net = find_topology(network);
  StepLines lines(net.name);
  const auto made = build_model(net, jobs, lines);
  const auto schedule = load_schedule(net);
  print(fmt::format("{}: simulated accelerator {}: {}\n", net.name,
                    made.made_model ? "built" : "was there", made.model.string()));
  print(fmt::format("{}: schedule {}, every {} cycles an image from image {} on: {}\n", net.name,
                    made.made_schedule ? "recorded" : "was there", schedule.period(),
                    schedule.periodic_from(), made.schedule.string()));
}

}  // namespace

void add_build(CLI::App& app, int& code) {
  auto* command = app.add_subcommand(
      "build", "Make the simulated accelerator of a network, and record its schedule");
  struct Arguments {
    std::string network;
    int jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  };
  auto arguments = std::make_shared<Arguments>();
  command
      ->add_option("network", arguments->network,
                   "name of a network or a hardware, or the path of a file or a folder of one")
      ->type_name("NETWORK")
      ->required();
  command->add_option("--jobs", arguments->jobs, "compilers at a time")
      ->type_name("N")
      ->transform(in_range(1, 1024))
      ->capture_default_str();
  add_example(*command, "fluence build model");
  command->callback([arguments, &code] {
    build(arguments->network, arguments->jobs);
    code = kDone;
  });
}

}  // namespace fluence::cli
