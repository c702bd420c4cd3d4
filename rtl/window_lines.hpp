// Stages that take a map line by line and give rows of what its windows have: before each row the lines
// that it needs enter, then the row leaves; lines that no row needs enter behind the last one.
#pragma once

#include <algorithm>
#include <cstdint>

#include "network/topology.hpp"

namespace fluence {

struct WindowLines {
  Window window{};
  int height = 0;         ///< lines of the map
  int rows = 0;           ///< of windows
  std::int64_t line = 1;  ///< steps of a line
  std::int64_t row = 1;   ///< of a row

  [[nodiscard]] std::int64_t steps() const { return height * line + rows * row; }
  /// Lines that have entered before a row leaves; behind the last row, all.
  [[nodiscard]] int needed(int of_row) const {
    return of_row < rows ? std::min(height, of_row * window.stride_y - window.top + window.height)
                         : height;
  }
  /// The step of an image, from 0, in which a word of a line enters, and that in which one of a row
  /// leaves.
  [[nodiscard]] std::int64_t enters(int of_line, std::int64_t word) const {
    const int before = of_line + window.top - window.height;
    const int rows_before = before < 0 ? 0 : std::min(rows, before / window.stride_y + 1);
    return of_line * line + rows_before * row + word;
  }
  [[nodiscard]] std::int64_t leaves(int of_row, std::int64_t word) const {
    return needed(of_row) * line + of_row * row + word;
  }
  /// Words that have entered before a step of an image.
  [[nodiscard]] std::int64_t entered(std::int64_t step) const {
    int done = 0;  // rows that have left
    for (int left = rows; left > 0;) {
      const int half = left / 2;
      if (leaves(done + half, row) <= step) {
        done += half + 1;
        left -= half + 1;
      } else {
        left = half;
      }
    }
    return std::min(step - done * row, needed(done) * line);
  }
  /// The same of steps of a run.
  [[nodiscard]] std::int64_t popped(std::int64_t steps_done) const {
    return steps_done / steps() * height * line + entered(steps_done % steps());
  }
};

}  // namespace fluence
