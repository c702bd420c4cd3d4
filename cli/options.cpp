#include "cli/options.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <iostream>
#include <system_error>
#include <type_traits>

#include "base/error.hpp"
#include "base/terminal.hpp"
#include "base/text.hpp"
#include "campaign/spec.hpp"
#include "network/known_networks.hpp"

namespace fluence::cli {

namespace {

std::string refusal(const std::string& text, const std::string& possible) {
  return text + " is not possible: give " + possible;
}

constexpr std::string_view kOr = " or ";
constexpr char kMark = '\x01';

// But for marks at the end.
bool is_in_brackets(const std::string& text) {
  const auto last = text.find_last_not_of(kMark);
  return text.starts_with('[') && last != std::string::npos && text[last] == ']';
}

void write_stdout(std::string_view text) {
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

}  // namespace

void add_network(CLI::App& command, std::string& network) {
  command
      .add_option("--network", network,
                  network_names() + ", or the path of a file or of what fluence import wrote")
      ->type_name("NETWORK")
      ->required();
}

void add_optional_network(CLI::App& command, std::string& network) {
  command.add_option("--network", network, network_names() + ", or the path of a file [all]")
      ->type_name("NETWORK");
}

std::vector<const Topology*> chosen_networks(const std::string& network) {
  if (!network.empty()) {
    return {&find_topology(network)};
  }
  std::vector<const Topology*> nets;
  for (const auto& net : all_topologies()) {
    nets.push_back(&net);
  }
  return nets;
}

void add_params(CLI::App& command, std::string& params) {
  command
      .add_option("--params", params,
                  "the network's parameters, an ONNX file or a folder of files, or a folder with those "
                  "of each network by name (default: the embedded models)")
      ->type_name("PATH");
}

void add_images(CLI::App& command, std::string& images) {
  command
      .add_option("--images", images,
                  "records of a label and an image as in CIFAR-10's binary format; MNIST's IDX file of "
                  "images, beside that of their labels; an array in the shape of the network's input, "
                  "FILE.npy; or a folder with such a file for each network, by name (default: the "
                  "embedded ones)")
      ->type_name("PATH");
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
      ->check(one_of({"native", "arm"}))
      ->capture_default_str();
  command
      .add_option("--load", options.load,
                  "how the ARM host's parameters get there: debug (in no time), or registers (by the "
                  "firmware, word by word)")
      ->type_name("WAY")
      ->check(one_of({"debug", "registers"}))
      ->capture_default_str();
  command
      .add_option("--firmware", options.firmware, "ELF file for the ARM host (default: the project's)")
      ->type_name("FILE");
}

void add_jobs(CLI::App& command, int& jobs) {
  command.add_option("--jobs", jobs, "worker processes")
      ->type_name("N")
      ->transform(in_range(1, 1024))
      ->capture_default_str();
}

void add_limit(CLI::App& command, double& limit, const char* what) {
  command
      .add_option("--limit", limit,
                  std::string("seconds that ") + what +
                      " may take, start of the engine aside, before its worker is killed [any time]")
      ->type_name("SECONDS")
      ->transform(in_range(kLeastLimit, kMostLimit));
}

template <typename T>
CLI::Validator in_range(T least, T most) {
  constexpr bool whole = std::is_integral_v<T>;
  // Bounds as people write them: 0.5, not 0.500000.
  const auto bounds =
      whole ? fmt::format("{} to {}", least, most)
            : fmt::format("{:g} to {:g}", static_cast<double>(least), static_cast<double>(most));
  const auto read = [=](std::string& text) -> std::string {
    T value{};
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    // Nothing compares with a number that is none.
    if (error != std::errc() || rest != end || !(value >= least && value <= most)) {
      return refusal(text, (whole ? "a whole number from " : "a number from ") + bounds);
    }
    text = fmt::format("{}", value + T{});  // without the sign of -0
    return "";
  };
  return {read, bounds};
}
template CLI::Validator in_range(int, int);
template CLI::Validator in_range(std::int64_t, std::int64_t);
template CLI::Validator in_range(double, double);

CLI::Validator one_of(const std::vector<std::string>& values) {
  const auto possible = fmt::format("{}", fmt::join(values, kOr));
  const auto check = [=](const std::string& text) -> std::string {
    return std::ranges::find(values, text) == values.end() ? refusal(text, possible) : "";
  };
  return {check, possible};
}

std::vector<std::string> possible_values(const CLI::Option& option) {
  // The parser tells it behind the type: "HOST:native or arm".
  const auto type = option.get_type_name();
  std::vector<std::string> values;
  if (type.find(kOr) == std::string::npos) {
    return values;
  }
  for (auto begin = type.find(':') + 1; begin <= type.size();) {
    const auto end = std::min(type.find(kOr, begin), type.size());
    values.push_back(type.substr(begin, end - begin));
    begin = end + kOr.size();
  }
  return values;
}

// Texts in brackets with marks behind them get one more, so that no two texts become the same.
std::string marked(const std::string& argument) {
  return is_in_brackets(argument) ? argument + kMark : argument;
}

std::string without_marks(std::string sentence) {
  const std::string bracket = std::string("]") + kMark;
  for (auto at = sentence.find(bracket); at != std::string::npos; at = sentence.find(bracket)) {
    sentence.erase(at + 1, 1);
  }
  return sentence;
}

void take_texts(CLI::App& command) {
  const auto given = [](std::string& text) -> std::string {
    if (text.ends_with(kMark) && is_in_brackets(text)) {
      text.pop_back();
    }
    return text.empty() ? "the text is empty: give one, or leave the option out" : "";
  };
  for (auto* option : command.get_options()) {
    option->transform(CLI::Validator(given, ""));  // before all other checks
  }
}

std::string example_network() { return all_topologies().front().name; }

void add_example(CLI::App& command, std::string_view example) {
  command.footer("Example:\n  " + std::string(example));
}

void complain(std::string_view sentence) {
  const bool colours = takes_colours(STDERR_FILENO);
  std::cerr << (colours ? "\033[1;31mfluence:\033[0m " : "fluence: ") << printable(sentence) << "\n";
}

void print(std::string_view text) { write_stdout(printable_lines(text)); }

void print_heading(std::string_view line) {
  const auto text = printable_lines(line);
  write_stdout(takes_colours(STDOUT_FILENO) ? "\033[1m" + text + "\033[0m" : text);
}

}  // namespace fluence::cli
