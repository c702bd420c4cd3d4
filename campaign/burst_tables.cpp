#include "campaign/burst_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.hpp"
#include "campaign/scenario.hpp"

namespace fluence {
namespace {

constexpr std::size_t kMostShapes = 1000;  // of a table
constexpr double kSumError = 1e-6;         // probabilities are rounded
constexpr auto kForm = "{probability = P, bits = [[row, column], ...]}";

BurstBit as_bit(const toml::node& node) {
  const auto* both = node.as_array();
  if (both == nullptr || both->size() != 2) {
    throw InputError("a bit is wanted, [row, column] from the drawn one: correct it");
  }
  const auto number = [&](std::size_t i) {
    return static_cast<int>(as_integer(*both->get(i), -kFarthestBit, kFarthestBit));
  };
  return {number(0), number(1)};
}

BurstShape as_shape(const toml::node& node) {
  const auto* table = node.as_table();
  const auto* bits = table == nullptr ? nullptr : table->get_as<toml::array>("bits");
  const auto* probability = table == nullptr ? nullptr : table->get("probability");
  if (bits == nullptr || probability == nullptr || table->size() != 2) {
    throw InputError(std::string("a shape is wanted, ") + kForm + ": correct it");
  }
  const auto value = probability->value<double>();
  if (!probability->is_number() || !(*value > 0 && *value <= 1)) {
    throw InputError("a probability is above 0 and at most 1: correct it, or leave the shape out");
  }
  BurstShape shape{*value, {}};
  if (bits->size() > kMostBurstBits) {
    throw InputError(fmt::format("a shape has {} bits: {} are possible", bits->size(), kMostBurstBits));
  }
  for (const auto& bit : *bits) {
    shape.bits.push_back(as_bit(bit));
  }
  auto sorted = shape.bits;
  std::ranges::sort(sorted);
  if (std::ranges::adjacent_find(sorted) != sorted.end()) {
    throw InputError("a shape names a bit twice: name each once");
  }
  if (!std::ranges::binary_search(sorted, BurstBit{})) {
    throw InputError("a shape lacks [0, 0], the drawn bit: count rows and columns from one of its bits");
  }
  return shape;
}

std::vector<BurstShape> as_shapes(const std::string& name, const toml::node& node) {
  if (!is_burst_name(name)) {
    throw InputError("'" + name +
                     "' is no name of a table: use letters, digits, '_' and '-', a letter first");
  }
  const auto* list = node.as_array();
  if (list == nullptr || list->empty() || list->size() > kMostShapes) {
    throw InputError(
        fmt::format("'{}' is no list of 1 to {} shapes: write [{}, ...]", name, kMostShapes, kForm));
  }
  std::vector<BurstShape> shapes;
  double sum = 0;
  for (const auto& shape : *list) {
    shapes.push_back(as_shape(shape));
    sum += shapes.back().probability;
  }
  if (std::abs(sum - 1) > kSumError) {
    throw InputError(
        fmt::format("the probabilities of '{}' add up to {:.6g}: make them add up to 1", name, sum));
  }
  return shapes;
}

}  // namespace

BurstTables read_burst_tables(TomlTable& root) {
  BurstTables tables;
  if (!root.has("bursts")) {
    return tables;
  }
  root.value("bursts", [&](const toml::node& node) {
    const auto* all = node.as_table();
    if (all == nullptr) {
      throw InputError(std::string("tables by name are wanted, NAME = [") + kForm +
                       ", ...]: correct it");
    }
    for (const auto& [name, shapes] : *all) {
      tables[std::string(name)] = as_shapes(std::string(name), shapes);
    }
  });
  return tables;
}

std::vector<BurstShape> find_burst(const BurstTables& tables, const std::string& burst) {
  if (!is_burst_name(burst)) {
    return burst_in_row(std::stoi(burst));
  }
  const auto it = tables.find(burst);
  if (it == tables.end()) {
    throw InputError("there is no table '" + burst + "' in [bursts]: add it, or use burst:N");
  }
  return it->second;
}

}  // namespace fluence
