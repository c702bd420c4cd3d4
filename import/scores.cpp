#include "import/scores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace fluence::importing {
namespace {

constexpr double kWhole = 1e-6;  // of a bias that is a whole sum but for its own rounding
constexpr double kMostOffset = 1e9;

bool near(double a, double b) { return std::abs(a - b) <= kNear * std::max(std::abs(a), std::abs(b)); }

std::vector<double> made_of(const Chain& chain, const Shape& form, const std::vector<Line>& lines,
                            const std::vector<double>& sums) {
  Values values{form, {}};
  for (std::size_t row = 0; row < lines.size(); ++row) {
    values.values.push_back(lines[row].factor * sums[row] + lines[row].bias);
  }
  return chain.run(std::move(values), 0, chain.nodes().size(), true).values;
}

}  // namespace

ScoreForm scores_of(const Graph& graph, const Chain& chain, const Shape& form,
                    const std::vector<Line>& lines, const std::vector<Range>& ranges) {
  for (const auto* node : chain.nodes()) {
    if (node->op == "Relu" || node->op == "Clip" || node->op == "HardTanh") {
      refuse(graph.file, *node,
             "clips the scores of the last layer: put a quantizer behind it or drop it");
    }
  }
  const auto rows = lines.size();
  std::vector<double> low(rows);
  std::vector<double> high(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    low[row] = static_cast<double>(std::min<std::int64_t>(ranges[row].least, -1));
    high[row] = static_cast<double>(std::max<std::int64_t>(ranges[row].most, 1));
  }
  const auto at_low = made_of(chain, form, lines, low);
  const auto at_high = made_of(chain, form, lines, high);
  const auto at_zero = made_of(chain, form, lines, std::vector<double>(rows, 0));
  ScoreForm result;
  std::vector<double> biases;  // in sums
  for (std::size_t row = 0; row < rows; ++row) {
    const auto factor = (at_high[row] - at_low[row]) / (high[row] - low[row]);
    if (factor == 0 || !std::isfinite(factor) || !std::isfinite(at_zero[row])) {
      throw InputError(
          fmt::format("{}: row {} of the last layer has the factor {}, so its score tells "
                      "nothing: give a network without such a row",
                      graph.file, row, factor));
    }
    result.turned.push_back(factor < 0);
    result.lines.push_back({std::abs(factor), at_zero[row]});
    biases.push_back(at_zero[row] / std::abs(factor));
  }
  const auto& first = result.lines.front();
  const bool one_factor = std::ranges::all_of(
      result.lines, [&](const Line& line) { return near(line.factor, first.factor); });
  const auto whole_from = [&](double common) {
    return std::ranges::all_of(biases, [&](double bias) {
      return std::abs(bias - common - std::nearbyint(bias - common)) < kWhole;
    });
  };
  const bool one_bias =
      std::ranges::all_of(biases, [&](double bias) { return std::abs(bias - biases.front()) < kWhole; });
  if (rows == 1) {
    // Above 0 are the same sums.
    biases.front() = std::ceil(biases.front() - kWhole);
  } else if (one_factor && (one_bias || !whole_from(0))) {
    // What all scores have in common decides nothing.
    const auto common = biases.front();
    for (auto& bias : biases) {
      bias -= common;
    }
  }
  for (const auto& line : result.lines) {
    result.factors.push_back(line.factor);
  }
  const auto is_whole = [&](std::size_t row) {
    const auto nearest = std::nearbyint(biases[row]);
    return std::abs(biases[row] - nearest) <
               kWhole * std::max(1.0, std::abs(at_zero[row] / first.factor)) &&
           std::abs(nearest) <= kMostOffset;
  };
  // Else, as with biases that nobody has quantized, the sums are the scores.
  bool whole = true;
  for (std::size_t row = 0; row < rows; ++row) {
    whole = whole && is_whole(row);
  }
  if (rows == 1 && !whole) {
    throw InputError(fmt::format(
        "{}: the bias of the last layer is {} of its sums, which none of them can reach: give a "
        "network whose score can be above and below 0",
        graph.file, biases.front()));
  }
  for (std::size_t row = 0; row < rows; ++row) {
    if (whole) {
      result.offsets.push_back(static_cast<std::int32_t>(std::nearbyint(biases[row])));
    } else {
      result.biases.push_back(one_factor ? biases[row] : at_zero[row]);
    }
  }
  if (std::ranges::all_of(result.offsets, [](std::int32_t offset) { return offset == 0; })) {
    result.offsets.clear();
  }
  if (one_factor) {
    result.factors.clear();
  }
  return result;
}

}  // namespace fluence::importing
