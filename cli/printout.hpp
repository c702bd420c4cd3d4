// Where what a command finds goes: text on stdout, and with --json the same as data.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/output_file.hpp"
#include "cli/outputs.hpp"
#include "cli/table.hpp"

namespace fluence::cli {

/// "--json" prints data in place of the text, "--json FILE" writes it beside the text; "--csv" likewise,
/// where there is one. What is no part of a table is said on stderr where data is on stdout.
class Printout {
 public:
  /// `what`: "the table", or what else the data says.
  CLI::Option* add_json(CLI::App& command, const std::string& what = "the table");
  CLI::Option* add_csv(CLI::App& command, const std::string& what);

  /// A file for the data, unless it has a place.
  void place_json(const std::string& file) { json_ = json_.empty() ? file : json_; }

  /// Declares the files. Throws InputError if two kinds of data are for stdout.
  void declare(Outputs& outputs) const;
  /// Of a command that has no other outputs: declares and checks them.
  void check() const;

  [[nodiscard]] bool wants_csv() const { return !csv_.empty(); }
  [[nodiscard]] bool wants_json() const { return !json_.empty(); }

  void say(std::string_view text) const;
  void show(const Table& table);
  /// A text, and its data: the rows of a table, which go behind those of others, or an object.
  void show(std::string_view text, const nlohmann::ordered_json& data);
  void csv(const std::string& text) const;
  /// A text that is handed over piece by piece.
  void csv(const std::function<void(const TextSink&)>& make) const;
  /// When everything is said: the data.
  void end() const;

 private:
  static constexpr auto kStdout = "-";

  [[nodiscard]] bool is_data() const { return json_ == kStdout || csv_ == kStdout; }

  std::string json_, csv_;  ///< a file, kStdout, or empty: not wanted
  nlohmann::ordered_json data_ = nlohmann::ordered_json::array();
};

}  // namespace fluence::cli
