// What a standard stream leads to, as far as output depends on it.
#pragma once

namespace fluence {

/// A terminal that obeys the escapes by which lines are rewritten and coloured: not a file, a pipe, or
/// TERM=dumb.
bool takes_escapes(int stream);
/// The same, unless the user wants no colours: NO_COLOR is set, to whatever but the empty text.
bool takes_colours(int stream);

}  // namespace fluence
