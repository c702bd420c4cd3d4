#include "network/images.hpp"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <system_error>

#include "network/digest.hpp"
#include "network/error.hpp"

namespace fluence {
namespace {

constexpr std::size_t kRecordBytes = 1 + kImageBytes;
constexpr std::size_t kPlane = kImageDim * kImageDim;

}  // namespace

std::int8_t pixel_code(std::uint8_t value) {
  return static_cast<std::int8_t>(std::min(127, value - 128 + (value >= 128 ? 1 : 0)));
}

std::array<std::int8_t, kImageBytes> Image::codes() const {
  std::array<std::int8_t, kImageBytes> result{};
  for (std::size_t k = 0; k < result.size(); ++k) {
    result[k] = pixel_code(planes[(k % kImageChannels) * kPlane + k / kImageChannels]);
  }
  return result;
}

std::array<std::uint64_t, kImageWords> Image::memory_words() const {
  std::array<std::uint64_t, kImageWords> words{};
  const auto pixels = codes();
  for (std::size_t k = 0; k < pixels.size(); ++k) {
    words[k / 8] |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(pixels[k])) << (8 * (k % 8));
  }
  return words;
}

ImageSet ImageSet::load(const std::filesystem::path& file) {
  const auto name = "'" + file.string() + "'";
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) {
    throw InputError("cannot read " + name + " (" + error.message() +
                     "): give a file of images in CIFAR-10's binary format");
  }
  if (size == 0 || size % kRecordBytes != 0) {
    throw InputError(name + " has " + std::to_string(size) + " bytes, no whole number of records of " +
                     std::to_string(kRecordBytes) +
                     " bytes: give a file of images in CIFAR-10's binary format");
  }
  std::vector<unsigned char> bytes(size);
  std::ifstream in(file, std::ios::binary);
  if (!in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size))) {
    throw InputError("cannot read " + name + ": check that it is a readable file");
  }
  std::vector<Image> images(size / kRecordBytes);
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto* record = bytes.data() + i * kRecordBytes;
    images[i].label = record[0];
    if (images[i].label >= kClasses) {
      throw InputError("image " + std::to_string(i) + " of " + name + " has label " +
                       std::to_string(images[i].label) + " where 0 to " + std::to_string(kClasses - 1) +
                       " are possible: give a file of images in CIFAR-10's binary format");
    }
    std::copy_n(record + 1, kImageBytes, images[i].planes.begin());
  }
  return ImageSet(std::move(images));
}

void ImageSet::truncate(int count) {
  if (count < 1 || count > size()) {
    throw InputError("cannot use " + std::to_string(count) + " images of a set of " +
                     std::to_string(size()) + ": ask for 1 to " + std::to_string(size()));
  }
  images_.resize(static_cast<std::size_t>(count));
}

std::string ImageSet::digest() const {
  Digest digest;
  for (const auto& image : images_) {
    digest.add(std::as_bytes(std::span(&image.label, 1)));
    digest.add(std::as_bytes(std::span(image.planes)));
  }
  return digest.hex();
}

int classify(std::span<const std::int16_t> scores) {
  int best = 0;
  int highest = 0;
  for (int i = 0; i < kClasses; ++i) {
    if (scores[static_cast<std::size_t>(i)] > highest) {
      highest = scores[static_cast<std::size_t>(i)];
      best = i;
    }
  }
  return best;
}

}  // namespace fluence
