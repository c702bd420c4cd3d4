#include "cli/printout.hpp"

#include <iostream>

#include "base/error.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "cli/options.hpp"

namespace fluence::cli {
namespace {

// A value that may be left out.
CLI::Option* add_optional_file(CLI::App& command, const char* name, std::string& file,
                               const std::string& text) {
  return command.add_option(name, file, text + " in place of the text; into a file: beside it")
      ->type_name("[FILE]")
      ->expected(0, 1)
      ->default_str("-");
}

}  // namespace

CLI::Option* Printout::add_json(CLI::App& command, const std::string& what) {
  return add_optional_file(command, "--json", json_, what + " as JSON,");
}

CLI::Option* Printout::add_csv(CLI::App& command, const std::string& what) {
  return add_optional_file(command, "--csv", csv_, what + " as CSV,");
}

void Printout::declare(Outputs& outputs) const {
  if (json_ == kStdout && csv_ == kStdout) {
    throw InputError("--json and --csv are both for stdout: name a file for one of them");
  }
  outputs.writes("--csv", csv_ == kStdout ? "" : csv_).writes("--json", json_ == kStdout ? "" : json_);
}

void Printout::check() const {
  Outputs outputs;
  declare(outputs);
  outputs.check();
}

void Printout::say(std::string_view text) const {
  if (is_data()) {
    std::cerr << printable_lines(text);
  } else {
    print(text);
  }
}

void Printout::show(const Table& table) {
  if (!is_data()) {
    print_heading(table.heading());
    print(table.text());
  }
  show("", table.rows());
}

void Printout::show(std::string_view text, const nlohmann::ordered_json& data) {
  if (!is_data()) {
    print(text);
  }
  if (!data.is_array()) {
    data_ = data;
    return;
  }
  for (const auto& row : data) {
    data_.push_back(row);
  }
}

void Printout::csv(const std::string& text) const {
  csv([&](const TextSink& sink) { sink(text); });
}

void Printout::csv(const std::function<void(const TextSink&)>& make) const {
  if (csv_ == kStdout) {
    make([](std::string_view piece) { print(piece); });
  } else if (!csv_.empty()) {
    write_file(csv_, make);
  }
}

void Printout::end() const {
  if (json_.empty()) {
    return;
  }
  const auto text = json_text(data_, 1) + "\n";
  if (json_ == kStdout) {
    print(text);
  } else {
    write_file(json_, text);
  }
}

}  // namespace fluence::cli
