// Files that are either complete or not there.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace fluence {

/// Writes `content` to a descriptor or device if `path` is one (/dev/stdout, a pipe); else to a file
/// beside `path`, then renames it to `path`. Whatever was at `path` stays until the rename. Throws
/// InputError naming the path and the system's reason; then nothing is left.
void write_file(const std::filesystem::path& path, std::string_view content);

/// Takes a text piece by piece.
using TextSink = std::function<void(std::string_view piece)>;
/// The same for a text that `make` hands over so. What it throws leaves nothing, either.
void write_file(const std::filesystem::path& path, const std::function<void(const TextSink&)>& make);

/// For before long work: throws what `write_file` would throw if a file cannot be made at `path` now.
void check_writable(const std::filesystem::path& path);

/// Makes a folder with these files, by name: one beside `path`, renamed when it is complete. Throws
/// InputError likewise, and if there is something at `path`; then nothing is left.
void write_folder(const std::filesystem::path& path, const std::map<std::string, std::string>& files);

/// For before long work: throws what `write_folder` would throw if a folder cannot be made at `path`.
void check_new_folder(const std::filesystem::path& path);

/// Writes all of it to a descriptor, whatever interrupts. False, with errno, if that cannot be done.
bool write_all(int fd, std::string_view content);

/// Whether that takes the place of what is at `path`: not if it is a descriptor or a device.
bool is_replaced(const std::filesystem::path& path);

}  // namespace fluence
