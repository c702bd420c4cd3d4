// Text that others have written: what it must be, and how a sentence shows it.
#pragma once

#include <string>
#include <string_view>

namespace fluence {

/// As a line on a terminal can show it: bytes that are no UTF-8, and control characters, become \xNN.
std::string printable(std::string_view text);

/// Throws InputError unless `text` is UTF-8, saying what it seems to be. The sentence begins with
/// `what`: "the fault list x.jsonl".
void require_utf8(std::string_view text, const std::string& what);

}  // namespace fluence
