// A table that a command prints, and the same rows as JSON.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace fluence::cli {

class Table {
 public:
  struct Column {
    std::string key;      ///< in JSON
    std::string heading;  ///< in text
    /// A cell in text, alignment and width included: "  {:>8.2f} %".
    std::string format;
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// A cell for each column; a null (`Json()`) is a blank.
  template <typename... Cells>
  void add(const Cells&... cells) {
    add_row({nlohmann::ordered_json(cells)...});
  }
  /// Of a table with these columns.
  void append(const nlohmann::ordered_json& rows);

  [[nodiscard]] std::string heading() const;  ///< a line
  [[nodiscard]] std::string text() const;     ///< a line for each row
  /// An array of an object for each row.
  [[nodiscard]] const nlohmann::ordered_json& rows() const { return rows_; }

 private:
  void add_row(const std::vector<nlohmann::ordered_json>& cells);

  std::vector<Column> columns_;
  nlohmann::ordered_json rows_ = nlohmann::ordered_json::array();
};

}  // namespace fluence::cli
