// Where the plug-ins of hardwares are: those that come with the program, and those that were built since
// (session/model_build.hpp).
#pragma once

#include <filesystem>
#include <string>

#include "network/topology.hpp"

namespace fluence {

/// The folder of those that come with the program (data_file(), FLUENCE_RTL_MODELS).
std::filesystem::path models_folder();
/// The file of a hardware there.
std::filesystem::path shipped_model(const Topology& net);
/// Where that of a hardware is kept once it is built: in cache_folder(), by its digest and by what
/// program and processor can use it.
std::filesystem::path built_model(const Topology& net);
/// The compiler's option for the processor of `built_model`; empty: none.
std::string model_architecture();

/// The digest of the RTL in a plug-in. Throws InputError unless it is one of this hardware and this
/// program. It is closed again, so another file may take its place.
std::string rtl_digest_in(const std::filesystem::path& plugin, const Topology& net);

}  // namespace fluence
