// Numbers and other values of TOML files.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "campaign/toml_table.hpp"

namespace fluence {

struct NumberRange {
  double least = 0;
  double most = std::numeric_limits<double>::max();
  bool open = false;  ///< whether `least` itself is none of them
};
inline constexpr NumberRange kAboveZero{0, std::numeric_limits<double>::max(), true};

inline double number_of(const toml::node& node, const NumberRange& range) {
  const auto value = node.value<double>();
  const bool good = node.is_number() && std::isfinite(*value) && *value <= range.most &&
                    (range.open ? *value > range.least : *value >= range.least);
  if (!good) {
    const auto most = range.most < std::numeric_limits<double>::max()
                          ? fmt::format(" to {:g}", range.most)
                          : std::string(" up");
    throw InputError(fmt::format("a number {} {:g}{} is wanted: correct it",
                                 range.open ? "above" : "from", range.least, range.open ? "" : most));
  }
  return *value;
}

/// The number of a key. Throws InputError with file and line if it is missing or not in the range.
inline double number(TomlTable& table, std::string_view key, const NumberRange& range = {}) {
  double value = 0;
  table.value(key, [&](const toml::node& node) { value = number_of(node, range); });
  return value;
}
inline std::optional<double> number_if(TomlTable& table, std::string_view key,
                                       const NumberRange& range = {}) {
  return table.has(key) ? std::optional(number(table, key, range)) : std::nullopt;
}
inline std::string text(TomlTable& table, std::string_view key) {
  std::string value;
  table.value(key, [&](const toml::node& node) { value = as_text(node); });
  return value;
}

/// A table within a table.
inline TomlTable table_within(TomlTable& table, std::string_view key, const std::string& file) {
  const toml::table* found = nullptr;
  table.value(key, [&](const toml::node& node) {
    found = node.as_table();
    if (found == nullptr) {
      throw InputError("a table is wanted: write { key = value }");
    }
  });
  return {*found, file};
}

/// Throws InputError unless 'format' is that.
inline void require_format(TomlTable& table, std::string_view format) {
  table.value("format", [&](const toml::node& node) {
    if (as_text(node) != format) {
      throw InputError(fmt::format("this version reads '{}': give such a file", format));
    }
  });
}

}  // namespace fluence
