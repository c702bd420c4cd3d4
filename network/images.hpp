// Images in CIFAR-10's official binary format, and as the accelerator sees them.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "network/topology.hpp"

namespace fluence {

inline constexpr int kImageBytes = kImageDim * kImageDim * kImageChannels;

/// What the accelerator returns for one image; the first ones are the classes that its parameters name.
using Scores = std::array<std::int16_t, kScores>;

/// The signed 8-bit code of a pixel value: min(127, v - 128 + (v >= 128)).
std::int8_t pixel_code(std::uint8_t value);

struct Image {
  std::uint8_t label = 0;
  std::array<std::uint8_t, kImageBytes> planes{};  ///< R plane, G plane, B plane, row-major

  /// Codes in memory order: row-major pixels, R, G, B of a pixel side by side.
  [[nodiscard]] std::array<std::int8_t, kImageBytes> codes() const;
  /// The codes as the 64-bit memory words that the accelerator reads.
  [[nodiscard]] std::array<std::uint64_t, kImageWords> memory_words() const;
};

class ImageSet {
 public:
  /// Reads a file or pipe of records (label byte, 3072 plane bytes). Throws InputError naming the file
  /// if it is missing, empty, more than 1,000,000 records or no whole number of them, or a label is not
  /// below kScores.
  static ImageSet load(const std::filesystem::path& file);
  explicit ImageSet(std::vector<Image> images) : images_(std::move(images)) {}

  [[nodiscard]] int size() const { return static_cast<int>(images_.size()); }
  [[nodiscard]] const Image& operator[](int i) const { return images_.at(static_cast<std::size_t>(i)); }
  /// Keeps the first `count`, 1 or more. Throws InputError if there are fewer.
  void truncate(int count);
  /// Digest of labels and pixels, for the manifest: 16 hex digits.
  [[nodiscard]] std::string digest() const;

 private:
  std::vector<Image> images_;
};

/// The host's decision among the first `classes` scores: start from class 0 and value 0, a later class
/// wins with a strictly larger score.
int classify(std::span<const std::int16_t> scores, int classes);

}  // namespace fluence
