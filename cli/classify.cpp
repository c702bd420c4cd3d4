#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/npy.hpp"
#include "base/output_file.hpp"
#include "base/text.hpp"
#include "campaign/progress.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/outputs.hpp"
#include "cli/printout.hpp"
#include "network/decision.hpp"
#include "network/known_networks.hpp"
#include "session/session.hpp"

namespace fluence::cli {
namespace {

struct ClassifyArguments {
  std::string network, params, images, labels, scores;
  std::string engine = "fast";
  HostOptions host;
  std::optional<int> count;
  bool list = false;
  Printout out;
};

void print_uart(std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    std::cerr << "uart: " << printable(text.substr(0, end)) << '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// int16, little-endian, [images][scores].
std::string score_bytes(const Scores& scores) {
  std::string bytes;
  bytes.reserve(scores.size() * 2);
  for (const auto score : scores) {
    const auto word = static_cast<std::uint16_t>(score);
    bytes += static_cast<char>(word & 0xff);
    bytes += static_cast<char>(word >> 8);
  }
  return bytes;
}

// NumPy's format: int32, [images][scores], sums of products with what the host adds.
std::string npy_bytes(const Scores& scores, std::size_t row, const Decider& decider) {
  constexpr std::size_t kAlignment = 64;
  constexpr std::size_t kBeforeHeader = 10;  // magic, version and the header's length
  auto header = fmt::format("{{'descr': '<i4', 'fortran_order': False, 'shape': ({}, {}), }}",
                            scores.size() / row, row);
  header.resize((kBeforeHeader + header.size()) / kAlignment * kAlignment + kAlignment - kBeforeHeader,
                ' ');
  header.back() = '\n';
  std::string bytes("\x93NUMPY\x01\0", 8);
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  bytes.reserve(bytes.size() + scores.size() * sizeof(std::int32_t));
  for (std::size_t at = 0; at < scores.size(); at += row) {
    for (const auto sum : decider.sums(std::span(scores).subspan(at, row))) {
      auto word = static_cast<std::uint32_t>(static_cast<std::int32_t>(sum));
      for (int i = 0; i < 4; ++i, word >>= 8) {
        bytes += static_cast<char>(word & 0xff);
      }
    }
  }
  return bytes;
}

// Of the images: those of a file, or their own. Empty: there are none.
std::vector<std::uint8_t> labels_of(const ClassifyArguments& arguments, const Session& session,
                                    const Topology& net) {
  if (!arguments.labels.empty()) {
    return fluence::labels_of(read_npy(arguments.labels, "the labels"), "'" + arguments.labels + "'",
                              session.images(net).size(), session.parameters(net).class_count());
  }
  return session.has_labels(net) ? session.labels(net) : std::vector<std::uint8_t>();
}

int classify_images(ClassifyArguments& arguments) {
  const auto& net = find_topology(arguments.network);
  const auto kind = engine_from_string(arguments.engine);
  auto& out = arguments.out;
  Outputs outputs;
  outputs.reads("--params", arguments.params)
      .reads("--images", arguments.images)
      .reads("--labels", arguments.labels)
      .reads("--firmware", arguments.host.firmware)
      .writes("--scores", arguments.scores);
  out.declare(outputs);
  outputs.check();
  Session session(arguments.params, {&net}, arguments.images);
  const int count = arguments.count.value_or(session.images(net).size());
  Progress progress(count, "images");
  auto host = arguments.host;
  host.uart = [&](std::string_view text) {
    progress.end();  // lest the text goes on in its line
    print_uart(text);
  };
  session.use_host(host, kind == EngineKind::rtl);
  session.keep_images(count, "--count");
  const auto& names = session.parameters(net).classes;
  const auto labels = labels_of(arguments, session, net);
  const auto engine = session.make_engine(kind, net, count);
  engine->on_progress([&](int done) { progress.show(done); });
  const auto start = std::chrono::steady_clock::now();
  const auto result = engine->run({0, count, {}}, Semantics::physical);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  progress.end();
  if (result.images_done != count) {
    throw std::runtime_error("the accelerator hung at " + result.hang + " after " +
                             std::to_string(result.images_done) + " images");
  }
  const Decider decider(session.parameters(net));
  const auto row = static_cast<std::size_t>(net.scores());
  if (!arguments.scores.empty()) {
    write_file(arguments.scores, std::string_view(arguments.scores).ends_with(".npy")
                                     ? npy_bytes(result.scores, row, decider)
                                     : score_bytes(result.scores));
  }
  using Json = nlohmann::ordered_json;
  auto rows = Json::array();
  std::string text;
  int correct = 0;
  for (int i = 0; i < count; ++i) {
    const auto scores = std::span(result.scores).subspan(static_cast<std::size_t>(i) * row, row);
    const auto decision = static_cast<std::size_t>(decider(scores));
    const auto label = labels.empty() ? decision : std::size_t{labels[static_cast<std::size_t>(i)]};
    correct += decision == label ? 1 : 0;
    if (arguments.list) {
      text += fmt::format("{:>5} {}{}\n", i, names[decision],
                          decision == label ? "" : ", is " + names[label]);
      const auto given = labels.empty() ? Json() : Json(names[label]);
      rows.push_back({{"image", i}, {"class", names[decision]}, {"label", given}});
    }
  }
  if (!arguments.list) {
    const auto of_labels = labels.empty() ? Json() : Json(correct);
    rows.push_back({{"network", net.name}, {"images", count}, {"correct", of_labels}});
  }
  text += labels.empty() ? fmt::format("{}: {} images without labels (--labels)\n", net.name, count)
                         : fmt::format("{}: {} of {} correct, {:.2f} %\n", net.name, correct, count,
                                       100.0 * correct / count);
  out.show(text, rows);
  out.end();
  fmt::print(stderr, "{} images in {:.2f} s on engine {}\n", count, took.count(), arguments.engine);
  return kDone;
}

}  // namespace

void add_classify(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("classify", "Classify images without faults");
  auto arguments = std::make_shared<ClassifyArguments>();
  add_network(*command, arguments->network);
  add_params(*command, arguments->params);
  add_images(*command, arguments->images);
  command
      ->add_option("--labels", arguments->labels,
                   "the images' classes, whole numbers [those of the images' file; of an array "
                   "IMAGES.npy those in "
                   "IMAGES.labels.npy beside it, if there are any]")
      ->type_name("FILE.npy");
  command->add_option("--count", arguments->count, "only the first K images")
      ->type_name("K")
      ->transform(in_range(1, 1'000'000'000));
  add_engine(*command, arguments->engine);
  add_host(*command, arguments->host);
  command->add_flag("--list", arguments->list, "also each image's class");
  command
      ->add_option(
          "--scores,--out", arguments->scores,
          "write all scores: int16, little-endian, [images][scores], as the hardware has them; "
          "a name that ends with .npy: int32 of NumPy, sums of products with the bias of a class")
      ->type_name("OUT.i16");
  arguments->out.add_json(*command, "how many are correct, or with --list each image's class,");
  add_example(*command,
              "fluence classify --network " + example_network() + " --engine rtl --count 3 --list");
  command->callback([arguments, &code] { code = classify_images(*arguments); });
}

}  // namespace fluence::cli
