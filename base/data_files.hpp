// Where the files are that come with the program.
#pragma once

#include <filesystem>
#include <string>

namespace fluence {

/// What the environment variable names; else `name` below the prefix in which this program or library is
/// installed, if it is there; else `built`, where it is before it is installed.
std::filesystem::path data_file(const char* variable, const std::string& name,
                                const std::filesystem::path& built);

}  // namespace fluence
