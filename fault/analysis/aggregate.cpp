#include "fault/analysis/aggregate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace fluence {

Summary summarize(const ScenarioTally& tally) {
  Summary s;
  s.scenario = fmt::format("{} {} {} {} layers {} faults {} time {} {} images {}", tally.engine,
                           tally.network, tally.mode, tally.spaces, tally.layers, tally.faults,
                           tally.time, tally.semantics, tally.images);
  s.trials = tally.done;
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

std::string summary_table(const std::vector<Summary>& summaries) {
  std::size_t width = 8;
  int done = 0;
  int asked = 0;
  for (const auto& s : summaries) {
    width = std::max(width, s.scenario.size());
    done += s.trials;
    asked += s.asked;
  }
  auto text = fmt::format("{:<{}}  {:>6} {:>8}  {:>7} {:>6} {:>7} {:>7}  {:>7} {:>9} {:>8} {:>7}\n",
                          "scenario", width, "trials", "no fault", "mean", "std", "min", "max", "masked",
                          "tolerable", "critical", "hang");
  for (const auto& s : summaries) {
    text += fmt::format("{:<{}}  {:>6}", s.scenario, width, s.trials);
    if (s.trials > 0) {
      text += fmt::format(
          " {:>8.2f}  {:>7.2f} {:>6.2f} {:>7.2f} {:>7.2f}  {:>7.2f} {:>9.2f} {:>8.2f} {:>7.2f}",
          s.fault_free, s.mean, s.deviation, s.least, s.most, s.masked, s.tolerable, s.critical, s.hang);
    }
    text += '\n';
  }
  text += fmt::format("{} of {} trials; accuracies and shares in per cent of images\n", done, asked);
  return text;
}

}  // namespace fluence
