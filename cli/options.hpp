// Flags that mean the same in every command.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "session/session.hpp"

namespace fluence::cli {

void add_network(CLI::App& command, std::string& network);
/// The option may be left out, which means all networks.
void add_optional_network(CLI::App& command, std::string& network);
/// What such an option says. Throws InputError like `find_topology`.
std::vector<const Topology*> chosen_networks(const std::string& network);
void add_params(CLI::App& command, std::string& params);
void add_images(CLI::App& command, std::string& images);
void add_engine(CLI::App& command, std::string& engine);
void add_host(CLI::App& command, HostOptions& options);
void add_jobs(CLI::App& command, int& jobs);

/// In seconds, as `limit` in a campaign's file; without the option it stays what it is. `what`: "a
/// case".
void add_limit(CLI::App& command, double& limit, const char* what);

/// For `transform` of every numeric option: takes a number from `least` to `most`, in decimal digits and
/// whole if T (int, std::int64_t or double) is, and refuses whatever else stands there. What goes on to
/// the library is written such that it cannot be read as another number, as 010 would.
template <typename T>
CLI::Validator in_range(T least, T most);
/// For `check` of an option with few possible values.
CLI::Validator one_of(const std::vector<std::string>& values);
/// Those of such a check, if an option has one.
std::vector<std::string> possible_values(const CLI::Option& option);

/// The parser divides what stands in brackets as a list: "[a,b]". Here a text in brackets is a text, as
/// any other: it is parsed with a mark behind it, which `take_texts` takes away.
std::string marked(const std::string& argument);
/// What the parser says of arguments, with marks in it.
std::string without_marks(std::string sentence);

/// Of any option: the text is what was given, and an empty one an error, for that is what an unset shell
/// variable leaves, and must not pass for an option that was not given.
void take_texts(CLI::App& command);

/// A network for examples.
std::string example_network();

/// Ends the help text.
void add_example(CLI::App& command, std::string_view example);

/// Prints one line on stderr, "fluence: <sentence>", in which every byte can be seen; in colour on a
/// terminal that takes it.
void complain(std::string_view sentence);

/// Writes a command's result to stdout, in lines in which every byte can be seen. A reader that has seen
/// enough is no error; a full disk or a closed stdout is (InputError).
void print(std::string_view text);
/// The same of a table's heading, which is bold on a terminal that takes it.
void print_heading(std::string_view line);

}  // namespace fluence::cli
