// How the whole numbers of a network's images stand for what its graph takes: a file beside those of an
// imported network.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "network/topology.hpp"

namespace fluence {

/// The end of the file's name; what stands before it is the network's name.
inline constexpr std::string_view kImageNumbersEnd = ".input.json";

struct ImageNumbers {
  std::vector<std::int64_t> shape;  ///< of the graph's input, one image: the first side is 1
  bool channels_last = false;       ///< rows, columns, channels; otherwise channels come first
  NumberFormat format;
  int least = 0;  ///< that there is; more than the format's if it is narrow
  int most = 0;
  /// A number q stands for q * scale - shift or, where it `divides`, q / scale - shift.
  double scale = 1;
  bool divides = false;
  double shift = 0;

  /// What a whole number stands for.
  [[nodiscard]] double real(int number) const;
  /// The whole number for what a graph takes: rounded half to even and clipped; of one bit with a sign
  /// +1 from 0 on.
  [[nodiscard]] int number(double real) const;

  /// The file's text, and what it says. `parse` throws InputError naming `file` and key.
  [[nodiscard]] std::string text() const;
  static ImageNumbers parse(const std::string& text, const std::string& file);
  /// Throws InputError like `parse`, and if the file cannot be read.
  static ImageNumbers read(const std::filesystem::path& file);

  bool operator==(const ImageNumbers&) const = default;
};

}  // namespace fluence
