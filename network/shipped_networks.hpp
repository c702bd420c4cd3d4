// The files of networks/, as they were when the library was built.
#pragma once

#include <vector>

#include "network/network_file.hpp"

namespace fluence {

/// By name; errors call them "networks/x.network.json".
const std::vector<NamedText>& network_files();

}  // namespace fluence
