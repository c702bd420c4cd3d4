// What a campaign's results rest on.
#pragma once

#include <map>
#include <string>

namespace fluence {

using Manifest = std::map<std::string, std::string>;

/// The first key in which two manifests differ, empty if in none. The version does not count: it is
/// said, not required, for results depend on the inputs, and the baselines are compared.
std::string first_difference(Manifest a, Manifest b);

}  // namespace fluence
