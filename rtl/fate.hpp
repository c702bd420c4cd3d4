// What becomes of an upset.
#pragma once

#include <string_view>

namespace fluence {

/// In the order of weight: of a fault's bits, the heaviest fate is the fault's.
enum class Fate {
  unknown,
  never_read,
  overwritten,
  corrected,  ///< read, and the reader was given what is right
  detected,   ///< read, and something was seen to be wrong
  read
};
inline constexpr int kFates = 6;
std::string_view to_string(Fate fate);
/// Throws InputError for a name that is none.
Fate fate_from_string(std::string_view name);

/// That of a bit that nothing reads before the next write to it, if there is one.
constexpr Fate unread(bool written_again) {
  return written_again ? Fate::overwritten : Fate::never_read;
}

}  // namespace fluence
