// Text that others wrote (names, paths, texts in files), made fit for the place where it is put, where
// some of it would not be text but a command. For a terminal: base/text.hpp.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace fluence {

/// One word of a POSIX shell's command. Where a terminal or JSON could not hold the text as it is, the
/// word is ASCII and `printf` makes the text; then only a newline at the very end is there as such.
std::string shell_quoted(std::string_view word);
/// The same for a path, which no command takes for an option.
std::string shell_path(const std::filesystem::path& path);

/// For HTML and XML, in an element or in an attribute in double quotes; characters that cannot be
/// printed as in `printable`.
std::string markup(std::string_view text);

/// A cell of a CSV file. What a spreadsheet would take for a formula gets a leading ' and is text.
std::string csv_cell(std::string_view text);

/// A path as the path of a URI: a relative one as a reference in a page.
std::string link_to(const std::filesystem::path& path);

}  // namespace fluence
