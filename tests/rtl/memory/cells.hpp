// The memory cells on the bench: codecs, bits of a value and words, and how they are read.
#pragma once

#include <array>

namespace fluence::test {

struct Cell {
  const char* codec;
  int bits, words;
  bool synchronous = false;
};

/// The widths of the networks that come with it, and words that take one limb and several.
inline constexpr std::array kCells = {Cell{"tmr", 6, 3},
                                      Cell{"tmr", 64, 2},
                                      Cell{"tmr-writeback", 3, 5},
                                      Cell{"tmr-writeback", 24, 4},
                                      Cell{"tmr-writeback", 72, 3},
                                      Cell{"duplicate", 16, 4},
                                      Cell{"duplicate", 130, 2},
                                      Cell{"parity 1", 4, 1},
                                      Cell{"parity 8", 24, 4},
                                      Cell{"parity 64", 32, 4},
                                      Cell{"parity 8", 72, 3},
                                      Cell{"secded", 1, 4},
                                      Cell{"secded", 2, 4},
                                      Cell{"secded", 3, 4},
                                      Cell{"secded", 4, 4},
                                      Cell{"secded", 6, 4},
                                      Cell{"secded", 8, 4},
                                      Cell{"secded", 16, 4},
                                      Cell{"secded", 24, 4},
                                      Cell{"secded", 32, 4},
                                      Cell{"secded", 57, 4},
                                      Cell{"secded", 64, 2},
                                      Cell{"secded", 72, 3},
                                      Cell{"secded", 144, 2},
                                      Cell{"interleave 2", 1, 4},
                                      Cell{"interleave 2", 16, 5},
                                      Cell{"interleave 4", 6, 10},
                                      Cell{"interleave 8", 8, 3},
                                      Cell{"interleave 2", 72, 3},
                                      Cell{"resilient-interleave", 16, 3},
                                      Cell{"resilient-interleave", 24, 2},
                                      Cell{"clamp -3 100", 8, 3},
                                      Cell{"clamp -70000 -5", 24, 2},
                                      Cell{"clamp 0 2147483647", 32, 2},
                                      Cell{"none", 32, 4, true},
                                      Cell{"tmr", 6, 3, true},
                                      Cell{"tmr-writeback", 24, 4, true},
                                      Cell{"tmr-writeback", 72, 3, true},
                                      Cell{"duplicate", 16, 4, true},
                                      Cell{"parity 8", 24, 4, true},
                                      Cell{"secded", 72, 3, true},
                                      Cell{"interleave 4", 6, 10, true},
                                      Cell{"interleave 2", 72, 3, true},
                                      Cell{"interleave 8", 8, 3, true},
                                      Cell{"resilient-interleave", 16, 3, true},
                                      Cell{"clamp -3 100", 8, 3, true}};

}  // namespace fluence::test
