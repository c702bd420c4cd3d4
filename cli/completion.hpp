// What may follow on a command line, for shells: told by the command's own options, so that it cannot be
// out of date. Not a subcommand that --help names: `fluence complete WORD...` is for cli/completion/.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace fluence::cli {

inline constexpr std::string_view kComplete = "complete";

/// A line for each word that can stand in place of the last of `words` (those behind the command's
/// name): the word, and behind a blank what it is, if that is known. A line ":files", ":files toml" or
/// ":folders" stands for all that there are.
std::string completions(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace fluence::cli
