// What becomes of an upset.
#pragma once

#include <string_view>

namespace fluence {

enum class Fate { unknown, never_read, overwritten, read };
std::string_view to_string(Fate fate);
/// Throws InputError for a name that is none.
Fate fate_from_string(std::string_view name);

/// That of a bit that nothing reads before the next write to it, if there is one.
constexpr Fate unread(bool written_again) {
  return written_again ? Fate::overwritten : Fate::never_read;
}

}  // namespace fluence
