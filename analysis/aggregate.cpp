#include "analysis/aggregate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"

namespace fluence {

Summary summarize(const ScenarioTally& tally) {
  Summary s;
  s.group = printable(fmt::format("engine {}, time {}, {}, {} images a trial", tally.engine, tally.time,
                                  tally.semantics, tally.images));
  if (tally.reload > 0) {
    s.group += fmt::format(", parameters reloaded every {} images", tally.reload);
  }
  if (tally.rule.critical != CriticalRule()) {
    s.group += ", critical " + tally.rule.critical.text();
  }
  if (!tally.draw.empty()) {
    s.group += ", drawn by " + printable(tally.draw);
  }
  s.network = printable(tally.network);
  s.mode = printable(tally.mode);
  s.spaces = printable(tally.spaces);
  s.layers = printable(tally.layers);
  s.faults = tally.dose.empty() ? std::to_string(tally.faults) : fmt::format("~{:.3g}", tally.expected);
  s.dose = tally.dose.empty() ? "" : printable(fmt::format("{:g} {}", tally.dose_value, tally.dose));
  s.trials = tally.done;
  s.failed = tally.failed;
  s.asked = tally.trials;
  if (tally.done == 0) {
    return s;
  }
  const double n = tally.done;
  const double per_image = 100.0 / tally.images;
  const double per_all = per_image / n;
  s.mean = static_cast<double>(tally.correct) * per_all;
  if (tally.done > 1) {
    // Both products are whole numbers, so their difference loses nothing.
    const auto spread =
        static_cast<double>(tally.done * tally.correct_squares - tally.correct * tally.correct);
    s.deviation = std::sqrt(spread / (n * (n - 1))) * per_image;
  }
  s.least = static_cast<double>(tally.least_correct) * per_image;
  s.most = static_cast<double>(tally.most_correct) * per_image;
  s.masked = static_cast<double>(tally.masked) * per_all;
  s.tolerable = static_cast<double>(tally.tolerable) * per_all;
  s.critical = static_cast<double>(tally.critical) * per_all;
  s.hang = static_cast<double>(tally.hang) * per_all;
  s.fault_free = tally.baseline_correct * per_image;
  return s;
}

namespace {

// "150", or "150/2000" of a scenario that ends at its margin.
std::string trials_text(const Summary& s) {
  return std::to_string(s.trials) + (s.at_most > 0 ? "/" + std::to_string(s.at_most) : "");
}

}  // namespace

std::string summary_table(const std::vector<Summary>& summaries) {
  std::size_t mode_width = 4;
  std::size_t space_width = 5;
  std::size_t layer_width = 6;
  std::size_t trials_width = 6;
  std::size_t faults_width = 6;
  std::size_t dose_width = 0;  // with the blank before it
  int done = 0;
  int failed = 0;
  int asked = 0;
  int at_most = 0;
  for (const auto& s : summaries) {
    mode_width = std::max(mode_width, s.mode.size());
    space_width = std::max(space_width, s.spaces.size());
    layer_width = std::max(layer_width, s.layers.size());
    trials_width = std::max(trials_width, trials_text(s).size());
    faults_width = std::max(faults_width, s.faults.size());
    dose_width = std::max(dose_width, s.dose.empty() ? 0 : s.dose.size() + 1);
    done += s.trials;
    failed += s.failed;
    asked += s.asked;
    at_most += std::max(s.at_most, s.asked);
  }
  std::string text;
  std::string group;
  for (const auto& s : summaries) {
    if (s.group != group) {
      text += fmt::format(
          "{}{}\n{:<8} {:<{}} {:<{}} {:<{}}{:>{}} {:>{}} {:>{}}  {:>8} {:>6} {:>5} {:>6} {:>6}  {:>6} "
          "{:>9} "
          "{:>8} {:>5}\n",
          text.empty() ? "" : "\n", s.group, "network", "mode", mode_width, "space", space_width,
          "layers", layer_width, dose_width > 0 ? "dose" : "", dose_width, "faults", faults_width,
          "trials", trials_width, "no fault", "mean", "std", "min", "max", "masked", "tolerable",
          "critical", "hang");
      group = s.group;
    }
    text += fmt::format("{:<8} {:<{}} {:<{}} {:<{}}{:>{}} {:>{}} {:>{}}", s.network, s.mode, mode_width,
                        s.spaces, space_width, s.layers, layer_width, s.dose, dose_width, s.faults,
                        faults_width, trials_text(s), trials_width);
    if (s.trials > 0) {
      text +=
          fmt::format("  {:>8.2f} {:>6.2f} {:>5} {:>6.2f} {:>6.2f}  {:>6.2f} {:>9.2f} {:>8.2f} {:>5.2f}",
                      s.fault_free, s.mean, s.deviation ? fmt::format("{:.2f}", *s.deviation) : "-",
                      s.least, s.most, s.masked, s.tolerable, s.critical, s.hang);
    }
    text += '\n';
  }
  text += fmt::format("{} of {} trials; accuracies and shares in per cent of images\n", done, asked);
  if (failed > 0) {
    text += fmt::format("{} trials could not be evaluated and are in no other number\n", failed);
  }
  if (at_most > asked) {
    text += fmt::format("margins met: {} trials instead of {}\n", asked, at_most);
  }
  return text;
}

}  // namespace fluence
