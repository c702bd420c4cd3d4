// The name of one stored bit.
#pragma once

#include <array>
#include <compare>
#include <string_view>

namespace fluence {

/// A class of storage.
enum class Space {
  weights,
  thresholds,
  window,
  vector,
  accumulator,
  pool,
  fifo,
  stream,
  read,  ///< registers of memories that are read synchronously
  control
};

inline constexpr std::array kSpaces = {
    Space::weights, Space::thresholds, Space::window, Space::vector, Space::accumulator,
    Space::pool,    Space::fifo,       Space::stream, Space::read,   Space::control};

std::string_view to_string(Space space);
/// Throws InputError naming the known spaces.
Space space_from_string(std::string_view name);

/// One stored word, and the bit within it that is meant.
struct Site {
  Space space{};
  int layer = 0;
  int module = 0;  ///< PE, line block, or the running number of the variable within space and layer
  int index = 0;   ///< word
  int thresh = 0;  ///< which threshold of the word (thresholds only)
  int bit = 0;
  int copy = 0;  ///< of a memory that stores several; 0: the first, or the only one
  auto operator<=>(const Site&) const = default;
};

}  // namespace fluence
