// Which networks a campaign's manifest says that it was run on.
#pragma once

#include <string>
#include <vector>

#include "campaign/store.hpp"
#include "network/topology.hpp"

namespace fluence {

/// Adds what tells the networks from all others: their digests, and the files of those that do not come
/// with Fluence.
void add_networks(Manifest& manifest, const std::vector<const Topology*>& nets);

/// Makes the networks of a manifest known by name. Throws InputError naming the results' `folder` if one
/// of that name is known and is another, or what the manifest has is damaged.
void know_networks(const Manifest& manifest, const std::string& folder);

/// Whether a key is of this kind. Results of versions before it have none.
bool is_of_network(std::string_view key);

/// Whether it is a key of a manifest that holds a file's text, which may say the same in other words:
/// the digests are what counts.
bool is_network_file(std::string_view key);

}  // namespace fluence
