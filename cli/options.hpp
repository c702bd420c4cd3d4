// Flags that mean the same in every command.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <string_view>

namespace fluence::cli {

void add_network(CLI::App& command, std::string& network);
/// The option may be left out, which means all networks.
void add_optional_network(CLI::App& command, std::string& network);
void add_params(CLI::App& command, std::string& params);
void add_images(CLI::App& command, std::string& images);
void add_engine(CLI::App& command, std::string& engine);
/// Who drives the accelerator of engine rtl.
struct HostOptions {
  std::string host = "native";
  std::string load = "debug";
  std::string firmware;    ///< empty: the project's own
  bool show_uart = false;  ///< on stderr
};
void add_host(CLI::App& command, HostOptions& options);
void add_jobs(CLI::App& command, int& jobs);

/// Checks the text of a seed: 0 to 2^63-1, as in a campaign's file. Empty if it is good, else the
/// remedy.
std::string check_seed(const std::string& text);

/// Makes an empty text for any option an error: it is what an unset shell variable leaves, and must not
/// pass for an option that was not given.
void refuse_empty_texts(CLI::App& command);

/// Ends the help text.
void add_example(CLI::App& command, std::string_view example);

/// Writes a command's result to stdout, in lines in which every byte can be seen. A reader that has seen
/// enough is no error; a full disk or a closed stdout is (InputError).
void print(std::string_view text);

}  // namespace fluence::cli
