// Images in CIFAR-10's official binary format, and as the accelerator sees them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "network/topology.hpp"

namespace fluence {

/// That of CIFAR-10's images.
inline constexpr ImageShape kCifar10{32, 3};
/// Where no network says how many scores there are, no label is so high.
inline constexpr int kUsualLabels = 64;

/// Of a file, and of a trial.
inline constexpr int kMostImages = 1'000'000;

/// What the accelerator returns for one image; the first ones are the classes that its parameters name.
using Score = std::int16_t;
using Scores = std::vector<Score>;

/// The signed 8-bit code of a pixel value: min(127, v - 128 + (v >= 128)).
std::int8_t pixel_code(std::uint8_t value);

/// All values are 0 at first.
struct Image {
  explicit Image(const ImageShape& of = kCifar10)
      : shape(of), planes(static_cast<std::size_t>(of.values())) {}

  std::uint8_t label = 0;
  ImageShape shape;
  /// [channel][pixel], row-major: of pixels their values, of other images the codes of numbers. Codes 0
  /// that fill an image up are not among them.
  std::vector<std::uint8_t> planes;

  /// Codes in memory order: row-major pixels, the channels of a pixel side by side. Of a value that is
  /// no pixel they have the low `shape.numbers.bits` bits of its byte, and otherwise 0. `shape.codes()`
  /// of them.
  [[nodiscard]] std::vector<std::int8_t> codes() const;
  /// What the codes stand for.
  [[nodiscard]] std::vector<std::int16_t> numbers() const;
  /// The codes as the 64-bit memory words that the accelerator reads, `shape.value_bits()` each from the
  /// lowest bit up; what is left of the last one is 0.
  [[nodiscard]] std::vector<std::uint64_t> memory_words() const;
};

class ImageSet {
 public:
  /// Reads a file or pipe of records: label byte, plane bytes of an image of that shape; or, of an image
  /// of one channel, a pair of MNIST's IDX files (network/idx.hpp), of which that of the images is
  /// named. Throws InputError naming the file if it is missing, empty, more than 1,000,000 records or no
  /// whole number of them, or a label is not below `labels`.
  static ImageSet load(const std::filesystem::path& file, const ImageShape& shape = kCifar10,
                       int labels = kUsualLabels);
  explicit ImageSet(std::vector<Image> images) : images_(std::move(images)) {}

  [[nodiscard]] int size() const { return static_cast<int>(images_.size()); }
  [[nodiscard]] const Image& operator[](int i) const { return images_.at(static_cast<std::size_t>(i)); }
  /// Keeps the first `count`, 1 or more. Throws InputError if there are fewer.
  void truncate(int count);
  /// Throws InputError if an image has another shape than those that the network takes.
  void require_fit(const Topology& net) const;
  /// Digest of labels and pixels, for the manifest: 16 hex digits.
  [[nodiscard]] std::string digest() const;

 private:
  std::vector<Image> images_;
};

}  // namespace fluence
