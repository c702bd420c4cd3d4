// Where the files are that come with the program.
#pragma once

#include <filesystem>
#include <string>

namespace fluence {

/// What the environment variable names; else `name` below the prefix in which this program or library is
/// installed, if it is there; else `built`, where it is before it is installed.
std::filesystem::path data_file(const char* variable, const std::string& name,
                                const std::filesystem::path& built);

/// Where what is made on demand is kept: $FLUENCE_CACHE, else `fluence` in the user's folder of caches.
/// Throws InputError if nothing says where that is.
std::filesystem::path cache_folder();

}  // namespace fluence
