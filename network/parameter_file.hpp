// Parameters as one ONNX file: the graph of the network with its weights and thresholds, as FINN
// annotates it, free of folding. docs/parameters.md describes it.
#pragma once

#include <filesystem>
#include <string>

#include "network/parameters.hpp"

namespace fluence {

inline constexpr auto kParameterFileSuffix = ".onnx";

/// The content of a file with these parameters.
std::string parameter_file(const Parameters& parameters);

/// Reads such a file, and nothing else that is ONNX. The topology must outlive the result. Throws
/// InputError naming file, tensor or node if it is of another form or network, if a tensor is missing,
/// superfluous or of another type or shape, or if a value does not fit into the network's memories.
Parameters read_parameter_file(const Topology& net, const std::filesystem::path& file);

}  // namespace fluence
