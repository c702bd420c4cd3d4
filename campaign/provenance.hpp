// What a campaign's manifest says of where its results come from, and what they do not rest on.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "campaign/store.hpp"

namespace fluence {

/// Keys of the paths of parameters and images as they were given to `fluence run`: absolute; kEmbedded;
/// or empty if what was given has no lasting name, as a pipe.
inline constexpr auto kGivenParams = "given params";
inline constexpr auto kGivenImages = "given images";
inline constexpr auto kEmbedded = "embedded";

/// "version 0.1.0, rtl NAME 1f2e...": who computed results and from what, which their digest leaves
/// out.
std::string provenance(const Manifest& manifest);

/// Whether two campaigns may differ in a key and have the same results.
bool is_provenance(std::string_view key);

/// What results rest on, in 16 hex digits; where they come from does not matter.
std::string inputs_digest(const Manifest& manifest);

/// Throws InputError if results of an earlier version name one digest for the RTL of all networks, which
/// no present RTL can be compared with.
void require_own_rtl(const Manifest& manifest, const std::string& folder);

/// The absolute path by which a later command finds a file or folder; empty if there is none.
std::string lasting_path(const std::filesystem::path& path);

/// The options, each with a space before it, with which a command run here uses the parameters and
/// images of a campaign. Nothing if they have no lasting name or are no longer there.
std::optional<std::string> input_options(const Manifest& manifest);

}  // namespace fluence
