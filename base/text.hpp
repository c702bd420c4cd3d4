// Text that others have written: what it must be, and how a sentence shows it.
#pragma once

#include <string>
#include <string_view>

namespace fluence {

/// The first character of a text that is not empty.
struct Character {
  std::string_view bytes;  ///< in UTF-8; a byte that begins none stands alone
  bool printable = false;  ///< no such byte, no control character, none that breaks or turns a line
};
Character first_character(std::string_view text);

/// As a line on a terminal can show it: what is not printable becomes \xNN, byte by byte.
std::string printable(std::string_view text);
/// The same for a text of several lines: its newlines stay.
std::string printable_lines(std::string_view text);

/// Throws InputError unless `text` is UTF-8, saying what it seems to be. The sentence begins with
/// `what`: "the fault list x.jsonl".
void require_utf8(std::string_view text, const std::string& what);

}  // namespace fluence
