#include "platform/timing.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <stdexcept>

#include "base/json_text.hpp"
#include "campaign/progress.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/printout.hpp"
#include "rtl/cycle_model.hpp"
#include "rtl/model/rtl_model.hpp"
#include "session/session.hpp"

namespace fluence::cli {
namespace {

constexpr int kImages = 8;

using Json = nlohmann::ordered_json;

Table comparison_table() {
  return Table({{"network", "network", "{:<8}"},
                {"cycles", "cycles", " {:<13}"},
                {"predicted", "predicted", " {:>10.0f}"},
                {"rtl", "RTL", " {:>10.0f}"},
                {"board", "board", " {:>10}"},
                {"difference", "RTL-board", " {:>9.2f} %"}});
}

Table stream_table() {
  return Table({{"network", "network", "{:<8}"},
                {"stream", "stream", " {:<12}"},
                {"width", "width", " {:>5}"},
                {"words", "words", " {:>9}"},
                {"stalled", "stalled", " {:>7.1f} %"},
                {"starved", "starved", " {:>7.1f} %"},
                {"fill", "fill", " {:>5}"},
                {"depth", "depth", " {:>5}"}});
}

Table host_table() {
  return Table({{"network", "network", "{:<8}"},
                {"host", "host", " {:<8}"},
                {"wait", "wait", " {:<10}"},
                {"accelerator", "accelerator", " {:>12}"},
                {"host_cycles", "host", " {:>10}"},
                {"added", "added", " {:>8}"}});
}

Table load_table() {
  return Table({{"network", "network", "{:<8}"},
                {"host", "host", " {:<8}"},
                {"words", "words", " {:>10}"},
                {"cycles", "cycles", " {:>12}"},
                {"milliseconds", "ms", " {:>10.1f}"}});
}

void compare_cycles(Table& table, const Topology& net, const MeasuredTiming& rtl) {
  const auto predicted = predict_cycles(dataflow(net), kImages);
  const auto& board = net.board;
  const auto row = [&](std::string_view what, double model, double measured,
                       std::int64_t BoardTiming::*record) {
    const auto recorded = board ? Json(*board.*record) : Json();
    const auto difference =
        board ? Json(100 * (measured / static_cast<double>(*board.*record) - 1)) : Json();
    table.add(net.name, what, model, measured, recorded, difference);
  };
  row("one image", static_cast<double>(predicted.first_image()), rtl.one_image, &BoardTiming::one_image);
  row("steady state", predicted.steady_state(), rtl.steady_state, &BoardTiming::steady_state);
}

void list_streams(Table& table, const Topology& net, const MeasuredTiming& rtl) {
  const auto flow = dataflow(net);
  for (std::size_t i = 0; i < flow.streams.size(); ++i) {
    const auto& gauge = rtl.gauges.at(i);
    table.add(net.name, flow.streams[i].name, flow.streams[i].width, gauge.beats,
              100 * static_cast<double>(gauge.stalled) / rtl.run_cycles,
              100 * static_cast<double>(gauge.starved) / rtl.run_cycles, gauge.highest_fill,
              flow.streams[i].depth);
  }
}

// The tables that are asked for, and what is measured of a network as rows of each.
struct Asked {
  bool streams = false, hosts = false, loads = false;

  [[nodiscard]] std::vector<Table> tables() const {
    if (hosts || loads) {
      return {hosts ? host_table() : load_table()};
    }
    return streams ? std::vector{comparison_table(), stream_table()} : std::vector{comparison_table()};
  }
  [[nodiscard]] Json measure(const Topology& net) const {
    auto all = tables();
    if (hosts) {
      for (const auto& row : measure_hosts(net, firmware_file())) {
        all[0].add(net.name, row.host, row.wait, row.accelerator, row.host_cycles,
                   row.host_cycles - row.accelerator);
      }
    } else if (loads) {
      constexpr double kCyclesAMillisecond = kClockMhz * 1000;
      for (const auto& row : measure_loads(net, firmware_file())) {
        all[0].add(net.name, row.host, row.words, row.cycles,
                   static_cast<double>(row.cycles) / kCyclesAMillisecond);
      }
    } else {
      const auto rtl = measure_timing(net, kImages);
      compare_cycles(all[0], net, rtl);
      if (streams) {
        list_streams(all[1], net, rtl);
      }
    }
    auto rows = Json::array();
    for (const auto& table : all) {
      rows.push_back(table.rows());
    }
    return rows;
  }
};

void send(int pipe, std::string_view text) {
  while (!text.empty()) {
    const auto n = ::write(pipe, text.data(), text.size());
    if (n < 0) {
      throw std::runtime_error("cannot hand over what was measured");
    }
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

std::string receive(int pipe) {
  std::string text;
  std::array<char, 4096> block{};
  for (ssize_t n = 0; (n = ::read(pipe, block.data(), block.size())) > 0;) {
    text.append(block.data(), static_cast<std::size_t>(n));
  }
  return text;
}

// SystemC elaborates once a process, so each network is measured in a process of its own, which hands
// over its rows.
Json measured_apart(const Topology& net, const Asked& asked) {
  std::array<int, 2> ends{};
  const auto child = ::pipe(ends.data()) == 0 ? fork() : -1;
  if (child < 0) {
    throw std::runtime_error("cannot start a process to measure " + net.name);
  }
  if (child == 0) {
    int code = kDone;
    try {
      send(ends[1], json_text(asked.measure(net)));
    } catch (const std::exception& e) {
      complain(e.what());
      code = kFailed;
    }
    _exit(code);
  }
  ::close(ends[1]);
  const auto text = receive(ends[0]);
  ::close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != kDone) {
    throw std::runtime_error("measuring " + net.name + " failed");
  }
  return parse_json<Json>(text);
}

void time_networks(const std::vector<const Topology*>& nets, const Asked& asked, Printout& out) {
  auto tables = asked.tables();
  Progress progress(std::ssize(nets), "networks");
  std::int64_t done = 0;
  for (const auto* net : nets) {
    const auto rows = measured_apart(*net, asked);
    for (std::size_t i = 0; i < tables.size(); ++i) {
      tables[i].append(rows.at(i));
    }
    progress.show(++done);
  }
  progress.end();
  out.show(tables[0]);
  if (asked.streams) {
    out.say(fmt::format("\n{} images back to back\n", kImages));
    out.show(tables[1]);
  }
  out.end();
}

}  // namespace

void add_timing(CLI::App& app, int& code) {
  auto* command = app.add_subcommand(
      "timing", "Cycles an image: predicted, measured in the RTL, recorded on boards");
  auto network = std::make_shared<std::string>();
  auto asked = std::make_shared<Asked>();
  auto out = std::make_shared<Printout>();
  add_optional_network(*command, *network);
  command->add_flag(
      "--streams", asked->streams,
      "also each stream: words, share of cycles in which its producer was stalled or its consumer "
      "starved, highest fill of its FIFO");
  command
      ->add_flag("--hosts", asked->hosts,
                 "instead: one image as its host sees it, native and ARM, by interrupt and polling")
      ->excludes("--streams");
  command
      ->add_flag("--loads", asked->loads,
                 "instead: how long each host takes to load all parameters through the registers, or to "
                 "load them again; ms at 100 MHz")
      ->excludes("--streams")
      ->excludes("--hosts");
  out->add_json(*command);
  add_example(*command, "fluence timing --network " + example_network() + " --streams");
  command->callback([network, asked, out, &code] {
    out->check();
    const auto nets = chosen_networks(*network);
    for (const auto* net : nets) {
      static_cast<void>(RtlModel::digest(*net));  // before any work: whether there is a model
    }
    time_networks(nets, *asked, *out);
    code = kDone;
  });
}

}  // namespace fluence::cli
