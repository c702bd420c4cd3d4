// What a campaign's results say, as one number.
#pragma once

#include <filesystem>
#include <string>

namespace fluence {

/// Digest over every row of every table, in the order of the keys, but for the manifest's version: equal
/// for two folders if and only if (but for chance) they hold the same results, whatever order rows were
/// written in. 16 hex digits. Throws InputError if there are no results, or damaged ones.
std::string content_digest(const std::filesystem::path& folder);

}  // namespace fluence
