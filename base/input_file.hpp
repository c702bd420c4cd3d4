// Text files that a user gives.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace fluence {

inline constexpr std::size_t kMebibyte = 1 << 20;

/// The content of a file. Throws InputError if it cannot be read: "cannot read <what> <path>", the
/// system's reason and `remedy`. So it does if the file has more than `most` bytes, as an endless
/// device.
std::string read_file(const std::filesystem::path& path, std::string_view what,
                      std::string_view remedy = "check the path", std::size_t most = 64 * kMebibyte);

/// That of a text, in UTF-8. Throws likewise if it is in another encoding.
std::string read_text(const std::filesystem::path& path, std::string_view what,
                      std::size_t most = 64 * kMebibyte);

/// No input of ours nests its lists and tables as deep as that. Deeper ones could overflow the stack of
/// whoever reads them.
inline constexpr int kMostNesting = 32;

/// The first line of TOML or JSON in which lists, tables, or tables that a dotted key names are nested
/// deeper than kMostNesting; 0 if none are.
int line_nested_too_deep(std::string_view text);

}  // namespace fluence
