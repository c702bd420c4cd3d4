// A stream's FIFO. Word n of a run goes to slot n % depth.
#pragma once

#include "rtl/stage_kind.hpp"

namespace fluence {

Storage fifo_storage(const Stream& stream);
/// In the order of the RTL's source.
std::vector<ControlRegister> fifo_control(const Stream& stream);

/// The fate of a flip in slot `slot` when so many words have been pushed and popped, in a run of so many
/// words: read if a word is in it, which is written to `word` then.
Fate follow_slot(int slot, int depth, std::int64_t pushed, std::int64_t popped, std::int64_t words,
                 std::int64_t& word);

}  // namespace fluence
