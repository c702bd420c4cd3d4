// Networks by name and by path: those of networks/, as they were when the library was built, and those
// that a program has read since.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "network/network_file.hpp"

namespace fluence {

/// The files of networks/, by name; errors call them "networks/x.network.json".
const std::vector<NamedText>& network_files();

/// Hardwares in networks/protected/, by name: of the networks in networks/, with memories that store
/// their words by codecs. `fluence build` makes their models.
const std::vector<Topology>& protected_topologies();

/// "a, b, c": the names of `all_topologies()` and of `protected_topologies()`, for sentences.
std::string network_names();

/// Whether it is one of these.
bool is_shipped(const Topology& net);

/// What a name or a path leads to: a name as `topology()` takes it; a path if it has a '/', ends with
/// ".json" or is that of a folder, relative to `folder`: of the file of a network or of a hardware, or
/// of a folder with one network. What was read from a file stays for the rest of the program, and
/// `topology()` knows its name. Throws InputError like `topology`, `read_topology` and `keep_topology`.
const Topology& find_topology(std::string_view name_or_path, const std::filesystem::path& folder = {});

/// The folder of the file that a network was read from; empty if it was not.
std::filesystem::path folder_of(const Topology& net);

/// Makes a hardware known, or gives the known one that equals it. Throws InputError naming `file` if
/// there is another one of the same name.
const Topology& keep_topology(const Topology& net, const std::string& file);

}  // namespace fluence
