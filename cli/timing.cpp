#include "platform/timing.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "rtl/cycle_model.hpp"
#include "rtl/model/rtl_model.hpp"
#include "session/session.hpp"

namespace fluence::cli {
namespace {

constexpr int kImages = 8;

std::string comparison(const Topology& net, const MeasuredTiming& rtl) {
  const auto predicted = predict_cycles(dataflow(net), kImages);
  const auto& board = net.board;
  const auto row = [&](std::string_view what, double model, double measured,
                       std::int64_t BoardTiming::*record) {
    const auto text = fmt::format("{:<8} {:<13} {:>10.0f} {:>10.0f}", net.name, what, model, measured);
    return board ? fmt::format("{} {:>10} {:>9.2f} %\n", text, *board.*record,
                               100 * (measured / static_cast<double>(*board.*record) - 1))
                 : text + "\n";
  };
  return row("one image", static_cast<double>(predicted.first_image()), rtl.one_image,
             &BoardTiming::one_image) +
         row("steady state", predicted.steady_state(), rtl.steady_state, &BoardTiming::steady_state);
}

std::string stream_table(const Topology& net, const MeasuredTiming& rtl) {
  auto text = fmt::format(
      "\n{}, {} images back to back, {:.0f} cycles\n{:<12} {:>5} {:>9} {:>9} {:>9} {:>11}\n", net.name,
      kImages, rtl.run_cycles, "stream", "width", "words", "stalled", "starved", "fill/depth");
  const auto flow = dataflow(net);
  for (std::size_t i = 0; i < flow.streams.size(); ++i) {
    const auto& gauge = rtl.gauges.at(i);
    text += fmt::format("{:<12} {:>5} {:>9} {:>7.1f} % {:>7.1f} % {:>11}\n", flow.streams[i].name,
                        flow.streams[i].width, gauge.beats,
                        100 * static_cast<double>(gauge.stalled) / rtl.run_cycles,
                        100 * static_cast<double>(gauge.starved) / rtl.run_cycles,
                        fmt::format("{}/{}", gauge.highest_fill, flow.streams[i].depth));
  }
  return text;
}

std::string host_table(const Topology& net) {
  std::string text;
  for (const auto& row : measure_hosts(net, firmware_file())) {
    text += fmt::format("{:<8} {:<8} {:<10} {:>12} {:>10} {:>8}\n", net.name, row.host, row.wait,
                        row.accelerator, row.host_cycles, row.host_cycles - row.accelerator);
  }
  return text;
}

// SystemC elaborates once a process, so each network is measured in a process of its own, which prints
// its rows.
void measure_and_print(const Topology& net, bool streams, bool hosts) {
  const auto child = fork();
  if (child < 0) {
    throw std::runtime_error("cannot start a process to measure " + net.name);
  }
  if (child == 0) {
    int code = kDone;
    try {
      if (hosts) {
        print(host_table(net));
      } else {
        const auto rtl = measure_timing(net, kImages);
        print(comparison(net, rtl) + (streams ? stream_table(net, rtl) : ""));
      }
    } catch (const std::exception& e) {
      complain(e.what());
      code = kFailed;
    }
    _exit(code);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != kDone) {
    throw std::runtime_error("measuring " + net.name + " failed");
  }
}

}  // namespace

void add_timing(CLI::App& app, int& code) {
  auto* command = app.add_subcommand(
      "timing", "Cycles an image: predicted, measured in the RTL, recorded on boards");
  auto network = std::make_shared<std::string>();
  auto streams = std::make_shared<bool>(false);
  add_optional_network(*command, *network);
  command->add_flag(
      "--streams", *streams,
      "also each stream: words, share of cycles in which its producer was stalled or its consumer "
      "starved, highest fill of its FIFO");
  auto hosts = std::make_shared<bool>(false);
  command
      ->add_flag("--host", *hosts,
                 "instead: one image as its host sees it, native and ARM, by interrupt and polling")
      ->excludes("--streams");
  add_example(*command, "fluence timing --network " + example_network() + " --streams");
  command->callback([network, streams, hosts, &code] {
    const auto nets = chosen_networks(*network);
    for (const auto* net : nets) {
      static_cast<void>(RtlModel::digest(*net));  // before any work: whether there is a model
    }
    print(*hosts ? fmt::format("{:<8} {:<8} {:<10} {:>12} {:>10} {:>8}\n", "network", "host", "wait",
                               "accelerator", "host", "added")
                 : fmt::format("{:<8} {:<13} {:>10} {:>10} {:>10} {:>11}\n", "network", "cycles",
                               "predicted", "RTL", "board", "RTL-board"));
    for (const auto* net : nets) {
      measure_and_print(*net, *streams, *hosts);
    }
    code = kDone;
  });
}

}  // namespace fluence::cli
