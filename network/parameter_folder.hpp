// Parameters as a folder in the format of BNN-PYNQ: a file for each memory of each PE, and classes.txt.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "network/parameters.hpp"

namespace fluence {

/// Reads a folder of `<layer>-<pe>-weights.bin`, `<layer>-<pe>-thres.bin` and `classes.txt`. Every line
/// of classes.txt is a class, and the last layer's files may end where the rows of the classes do: what
/// they leave out is 0. The topology must outlive the result. Throws InputError naming the file if one
/// is missing, has not the size that this network needs, or holds a word wider than the memory.
Parameters read_parameter_folder(const Topology& net, const std::filesystem::path& folder);

/// The files, name and content, that such a folder holds.
std::map<std::string, std::string> parameter_files(const Parameters& parameters);

}  // namespace fluence
