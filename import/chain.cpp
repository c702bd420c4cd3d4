#include "import/chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.hpp"

namespace fluence::importing {
namespace {

/// Evaluates a chain up to its quantizer for a sum of each row.
class Evaluator {
 public:
  Evaluator(const Chain& chain, const Shape& form, const std::vector<Line>& lines,
            const Quantization& quantization)
      : chain_(chain), form_(form), lines_(lines), quantization_(quantization) {}

  [[nodiscard]] Values behind(const std::vector<double>& sums) const {
    Values values{form_, std::vector<double>(sums.size())};
    for (std::size_t row = 0; row < sums.size(); ++row) {
      values.values[row] = lines_[row].factor * sums[row] + lines_[row].bias;
    }
    return chain_.run(std::move(values), 0, *chain_.quantizer() + 1, true);
  }

  [[nodiscard]] std::vector<double> numbers(const std::vector<double>& sums) const {
    auto values = behind(sums).values;
    for (auto& value : values) {
      value = quantization_.number(value);
    }
    return values;
  }

 private:
  const Chain& chain_;
  const Shape& form_;
  const std::vector<Line>& lines_;
  const Quantization& quantization_;
};

/// The first whole sum of each row whose number is `level` or more; the row's most and 1 where none is.
std::vector<std::int64_t> first_sums(const Evaluator& evaluator, const std::vector<Range>& ranges,
                                     const std::vector<bool>& turned, double level) {
  const auto rows = ranges.size();
  std::vector<std::int64_t> least(rows);
  std::vector<std::int64_t> most(rows);  // it is at most this one
  for (std::size_t row = 0; row < rows; ++row) {
    least[row] = turned[row] ? -ranges[row].most : ranges[row].least;
    most[row] = (turned[row] ? -ranges[row].least : ranges[row].most) + 1;
  }
  std::vector<double> sums(rows);
  while (least != most) {
    for (std::size_t row = 0; row < rows; ++row) {
      const auto middle = least[row] + (most[row] - least[row]) / 2;
      sums[row] = static_cast<double>(turned[row] ? -middle : middle);
    }
    const auto numbers = evaluator.numbers(sums);
    for (std::size_t row = 0; row < rows; ++row) {
      if (least[row] < most[row]) {
        const auto middle = least[row] + (most[row] - least[row]) / 2;
        (numbers[row] >= level ? most[row] : least[row]) = middle + (numbers[row] >= level ? 0 : 1);
      }
    }
  }
  return least;
}

}  // namespace

std::optional<std::size_t> Chain::quantizer() const {
  for (std::size_t i = nodes_.size(); i-- > 0;) {
    if (is_quantizer(nodes_[i]->op)) {
      return i;
    }
  }
  return {};
}

bool Chain::changes_behind(std::size_t place) const {
  return std::any_of(nodes_.begin() + static_cast<std::ptrdiff_t>(std::min(place, nodes_.size())),
                     nodes_.end(),
                     [](const Node* node) { return role_of(node->op) == Role::elementwise; });
}

Values Chain::run(Values values, std::size_t begin, std::size_t end, bool pixels) const {
  for (auto i = begin; i < end; ++i) {
    const auto& node = *nodes_[i];
    const auto count = values.values.size();
    if (pixels && (node.op == "Reshape" || node.op == "Flatten")) {
      values.shape = {1, static_cast<std::int64_t>(count)};
      continue;
    }
    try {
      values = compute(node, constants_->inputs_of(node, values));
    } catch (const InputError& e) {
      refuse(graph_->file, node, std::string(e.what()) + ": only networks without it are imported");
    }
    if (values.values.size() != count) {
      refuse(graph_->file, node,
             "has constants that differ from pixel to pixel: only those of a channel are imported");
    }
  }
  return values;
}

Levels levels_of(const Graph& graph, const Constants& constants, const Chain& chain, const Shape& form,
                 const std::vector<Line>& lines, const std::vector<Range>& ranges) {
  const auto place = *chain.quantizer();
  const auto& node = *chain.nodes()[place];
  Quantization quantization;
  try {
    quantization = quantization_of(node, constants);
  } catch (const InputError& e) {
    refuse(graph.file, node, e.what());
  }
  const Evaluator evaluator(chain, form, lines, quantization);
  const auto rows = ranges.size();
  std::vector<double> low(rows);
  std::vector<double> high(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    low[row] = static_cast<double>(ranges[row].least);
    high[row] = static_cast<double>(ranges[row].most);
  }
  Levels result;
  const auto of_least = evaluator.numbers(low);
  const auto of_most = evaluator.numbers(high);
  for (std::size_t row = 0; row < rows; ++row) {
    result.turned.push_back(of_least[row] > of_most[row]);
  }
  // All levels that there are, also those that no sum of this network reaches.
  auto ends = evaluator.numbers(std::vector<double>(rows, -kFar));
  const auto far = evaluator.numbers(std::vector<double>(rows, kFar));
  ends.insert(ends.end(), far.begin(), far.end());
  const auto [least, most] = std::ranges::minmax(ends);
  const int step = quantization.format.step();
  if (!(least >= -65'536 && most <= 65'536) || (most - least) / step > kMostThresholds) {
    refuse(graph.file, node,
           fmt::format("makes numbers from {} to {}: use activations of at most {} thresholds, 8 bits",
                       least, most, kMostThresholds));
  }
  std::vector<int> levels;
  for (int level = static_cast<int>(least); level <= static_cast<int>(most); level += step) {
    levels.push_back(level);
  }
  if (levels.size() < 2) {
    refuse(graph.file, node, "makes the same number of everything: drop the layer");
  }
  const auto behind =
      scaled_behind(chain, place, quantization, evaluator.behind(low).shape, levels, graph);
  result.format = quantization.format;
  if (result.format.bits > kMostActivationBits) {
    result.format = format_for(std::min(behind.numbers.front(), 0), behind.numbers.back(),
                               !quantization.format.is_unsigned);
  }
  result.scale = behind.scale;
  result.offset = behind.offset;
  result.least = behind.numbers.front();
  result.thresholds.resize(rows);
  for (std::size_t k = 1; k < levels.size(); ++k) {
    if (behind.numbers[k] == behind.numbers[k - 1]) {
      continue;  // a later node makes both the same
    }
    const auto first = first_sums(evaluator, ranges, result.turned, levels[k]);
    for (std::size_t row = 0; row < rows; ++row) {
      result.thresholds[row].push_back(first[row]);
    }
  }
  if (result.count() == 0) {
    refuse(graph.file, node, "is followed by what makes the same number of everything: drop the layer");
  }
  return result;
}

Scaled scaled_behind(const Chain& chain, std::size_t quantizer, const Quantization& quantization,
                     const Shape& form, const std::vector<int>& levels, const Graph& graph) {
  Scaled result{quantization.scale, -quantization.zero * quantization.scale, levels};
  if (!chain.changes_behind(quantizer + 1)) {
    return result;
  }
  const auto fail = [&](const char* why) {
    const auto changes = [](const Node* node) { return role_of(node->op) == Role::elementwise; };
    const auto first = std::find_if(chain.nodes().begin() + static_cast<std::ptrdiff_t>(quantizer) + 1,
                                    chain.nodes().end(), changes);
    refuse(graph.file, **first, why);
  };
  std::vector<double> made;
  for (const int level : levels) {
    const auto values = chain.run(filled(form, (level - quantization.zero) * quantization.scale),
                                  quantizer + 1, chain.nodes().size(), true);
    const auto& all = values.values;
    if (std::ranges::any_of(all, [&](double value) { return value != all.front(); })) {
      fail("scales an activation differently from channel to channel: use one scale for all");
    }
    made.push_back(all.front());
  }
  const auto last = made.size() - 1;
  const int step = quantization.format.step();
  result.scale = (made[last] - made[last - 1]) / step;
  if (!(result.scale > 0) || !std::isfinite(result.scale)) {
    fail("turns an activation round or makes all of it one number: use a positive scale behind it");
  }
  result.offset = made[last] - result.scale * levels[last];
  if (std::abs(result.offset) < kNear * result.scale) {
    result.offset = 0;
  }
  for (std::size_t k = 0; k <= last; ++k) {
    const auto number = (made[k] - result.offset) / result.scale;
    const auto whole = std::nearbyint(number);
    const bool next = k == 0 || whole == result.numbers[k - 1] || whole == result.numbers[k - 1] + step;
    if (!(std::abs(number - whole) <= kNear * 256) || !next || std::abs(whole) > 65'536) {
      fail("makes numbers of an activation that are not equally far apart: only scales are imported");
    }
    result.numbers[k] = static_cast<int>(whole);
  }
  return result;
}

}  // namespace fluence::importing
