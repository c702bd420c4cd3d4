#include "cli/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace fluence::cli {
namespace {

using nlohmann::ordered_json;

// Of a column's format "  {:>8.2f} %": what stands before and behind the cell, and how a text in its
// place is laid out.
struct Layout {
  explicit Layout(const std::string& format)
      : before(format.substr(0, format.find('{'))), behind(format.substr(format.find('}') + 1)) {
    left = format.find('<') != std::string::npos;
    const auto digits = format.find_first_of("123456789", before.size());
    if (digits != std::string::npos && format[digits - 1] != '.') {
      width = std::stoul(format.substr(digits));
    }
  }
  [[nodiscard]] std::string text(const std::string& content) const {
    const auto all = width + behind.size();
    return before + (left ? fmt::format("{:<{}}", content, all) : fmt::format("{:>{}}", content, all));
  }

  std::string before, behind;
  bool left = false;
  std::size_t width = 0;
};

std::string cell_text(const std::string& format, const ordered_json& cell) {
  const auto form = fmt::runtime(format);
  if (cell.is_null()) {
    return Layout(format).text("");
  }
  if (cell.is_number_float()) {
    return fmt::format(form, cell.get<double>());
  }
  if (cell.is_number_unsigned()) {
    return fmt::format(form, cell.get<std::uint64_t>());
  }
  if (cell.is_number()) {
    return fmt::format(form, cell.get<std::int64_t>());
  }
  return fmt::format(form, cell.get<std::string>());
}

// Without the blanks that end it.
std::string line(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

}  // namespace

void Table::add_row(const std::vector<ordered_json>& cells) {
  ordered_json row;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    row[columns_[i].key] = cells.at(i);
  }
  rows_.push_back(std::move(row));
}

void Table::append(const ordered_json& rows) {
  for (const auto& row : rows) {
    rows_.push_back(row);
  }
}

std::string Table::heading() const {
  std::string text;
  for (const auto& column : columns_) {
    text += Layout(column.format).text(column.heading);
  }
  return line(std::move(text));
}

std::string Table::text() const {
  std::string text;
  for (const auto& row : rows_) {
    std::string cells;
    for (const auto& column : columns_) {
      cells += cell_text(column.format, row.at(column.key));
    }
    text += line(std::move(cells));
  }
  return text;
}

}  // namespace fluence::cli
