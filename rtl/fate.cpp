#include "rtl/fate.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "base/error.hpp"

namespace fluence {
namespace {

constexpr std::array<std::string_view, kFates> kFateNames = {"unknown",   "never_read", "overwritten",
                                                             "corrected", "detected",   "read"};

}  // namespace

std::string_view to_string(Fate fate) { return kFateNames.at(static_cast<std::size_t>(fate)); }

Fate fate_from_string(std::string_view name) {
  const auto it = std::ranges::find(kFateNames, name);
  if (it == kFateNames.end()) {
    throw InputError("unknown fate '" + std::string(name) +
                     "': use unknown, never_read, overwritten, corrected, detected or read");
  }
  return static_cast<Fate>(it - kFateNames.begin());
}

}  // namespace fluence
