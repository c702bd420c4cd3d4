// Other programs that this one runs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace fluence {

/// Whether a program is found in $PATH, as execvp() finds it.
bool is_installed(const std::string& tool);

/// Runs a program in a folder, its output behind what is in the file `log`, and waits for it. It ends
/// when this process does. False if it cannot be started or does not end with code 0.
bool run_program(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
                 const std::filesystem::path& log);

}  // namespace fluence
