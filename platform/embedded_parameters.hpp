// Parameters by path, and those that come with the program.
#pragma once

#include <filesystem>
#include <string_view>

#include "network/parameters.hpp"

namespace fluence {

/// The parameters of a network (Parameters::find); of an empty path, those of the embedded model
/// (data_file(), FLUENCE_MODELS). `remedy` tells who has a network without one what to do. Throws
/// InputError if there are none, or no good ones.
Parameters load_parameters(const Topology& net, const std::filesystem::path& path,
                           std::string_view remedy);

}  // namespace fluence
