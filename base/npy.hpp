// Arrays in NumPy's format, as a user gives them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace fluence {

/// Row-major, whichever order the file has.
struct NumpyArray {
  std::vector<std::int64_t> shape;
  bool floating = false;  ///< otherwise whole numbers (or truths, 0 and 1)
  std::vector<double> values;
};

/// No array that is read has more numbers.
inline constexpr std::int64_t kMostArrayNumbers = std::int64_t{1} << 26;

/// Reads a file of whole numbers of 8 to 64 bits or floating-point ones of 32 or 64, in either byte
/// order. `what`: "the images". Throws InputError naming what and file if it cannot be read, or is no
/// such array.
NumpyArray read_npy(const std::filesystem::path& file, std::string_view what);
/// The same of its bytes; `file` is what errors call it.
NumpyArray parse_npy(std::string_view bytes, const std::string& file);

}  // namespace fluence
