#include "cli/options.hpp"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <system_error>

#include "network/error.hpp"
#include "network/text.hpp"
#include "network/topology.hpp"

namespace fluence::cli {

namespace {

std::string known_networks() {
  std::string names;
  for (const auto& net : all_topologies()) {
    names += (names.empty() ? "" : ", ") + net.name;
  }
  return names;
}

}  // namespace

void add_network(CLI::App& command, std::string& network) {
  command.add_option("--network", network, known_networks())->type_name("NAME")->required();
}

void add_optional_network(CLI::App& command, std::string& network) {
  command.add_option("--network", network, known_networks() + " [all]")->type_name("NAME");
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

std::string check_seed(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool good = error == std::errc() && end == text.data() + text.size() && value >= 0;
  return good ? "" : "give a whole number from 0 to 9223372036854775807";
}

void refuse_empty_texts(CLI::App& command) {
  const auto given = [](const std::string& text) -> std::string {
    return text.empty() ? "the text is empty: give one, or leave the option out" : "";
  };
  for (auto* option : command.get_options()) {
    option->check(given);
  }
}

void add_example(CLI::App& command, std::string_view example) {
  command.footer("Example:\n  " + std::string(example));
}

void print(std::string_view content) {
  const auto visible = printable_lines(content);
  std::string_view text = visible;
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
