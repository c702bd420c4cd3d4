#include "cli/options.hpp"

#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "network/error.hpp"

namespace fluence::cli {

void add_network(CLI::App& command, std::string& network) {
  command.add_option("--network", network, "cnvW1A1, cnvW1A2 or cnvW2A2")->type_name("NAME")->required();
}

void add_params(CLI::App& command, std::string& params) {
  command
      .add_option("--params", params,
                  "the network's parameter files, or a folder with a folder for each network (default: "
                  "the embedded models)")
      ->type_name("DIR");
}

void add_images(CLI::App& command, std::string& images) {
  command
      .add_option("--images", images, "images in CIFAR-10's binary format (default: the embedded ones)")
      ->type_name("FILE");
}

void add_engine(CLI::App& command, std::string& engine) {
  command.add_option("--engine", engine, "fast, or rtl: the simulated accelerator")
      ->type_name("ENGINE")
      ->capture_default_str();
}

void add_host(CLI::App& command, HostOptions& options) {
  command
      .add_option("--host", options.host,
                  "native, or arm: firmware on a simulated Cortex-A9 (engine rtl); the scores are equal")
      ->type_name("HOST")
      ->check(CLI::IsMember({"native", "arm"}))
      ->capture_default_str();
  command
      .add_option("--load", options.load,
                  "how the ARM host's parameters get there: debug (in no time), or registers (by the "
                  "firmware, word by word)")
      ->type_name("WAY")
      ->check(CLI::IsMember({"debug", "registers"}))
      ->capture_default_str();
  command
      .add_option("--firmware", options.firmware, "ELF file for the ARM host (default: the project's)")
      ->type_name("FILE");
}

void add_jobs(CLI::App& command, int& jobs) {
  command.add_option("--jobs", jobs, "worker processes")
      ->type_name("N")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
}

void add_example(CLI::App& command, std::string_view example) {
  command.footer("Example:\n  " + std::string(example));
}

void print(std::string_view text) {
  while (!text.empty()) {
    const auto n = ::write(STDOUT_FILENO, text.data(), text.size());
    if (n > 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EPIPE) {
      return;
    } else if (errno != EINTR) {
      throw InputError("cannot write to stdout (" + std::generic_category().message(errno) +
                       "): send it to a place that is open and has room");
    }
  }
}

}  // namespace fluence::cli
