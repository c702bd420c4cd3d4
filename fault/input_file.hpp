// Text files that a user gives.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace fluence {

/// The content of a file. Throws InputError if it cannot be read: "cannot read <what> <path>", the
/// system's reason and `remedy`.
std::string read_file(const std::filesystem::path& path, std::string_view what,
                      std::string_view remedy = "check the path");

/// That of a text, in UTF-8. Throws likewise if it is in another encoding.
std::string read_text(const std::filesystem::path& path, std::string_view what);

}  // namespace fluence
