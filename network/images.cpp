#include "network/images.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <new>
#include <system_error>

#include "base/bits.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "network/idx.hpp"

namespace fluence {
namespace {}  // namespace

std::int8_t pixel_code(std::uint8_t value) {
  return static_cast<std::int8_t>(std::min(127, value - 128 + (value >= 128 ? 1 : 0)));
}

std::vector<std::int8_t> Image::codes() const {
  std::vector<std::int8_t> result(static_cast<std::size_t>(shape.codes()));
  const auto channels = static_cast<std::size_t>(shape.channels);
  const auto plane = planes.size() / channels;
  const auto bits = static_cast<std::uint8_t>(low_bits(shape.numbers.bits));
  for (std::size_t k = 0; k < planes.size(); ++k) {
    const auto value = planes[(k % channels) * plane + k / channels];
    result[k] = shape.pixel_codes   ? pixel_code(value)
                : shape.pixel_signs ? static_cast<std::int8_t>(value >= kBrightPixel ? 1 : 0)
                                    : static_cast<std::int8_t>(value & bits);
  }
  return result;
}

std::vector<std::int16_t> Image::numbers() const {
  std::vector<std::int16_t> result;
  result.reserve(static_cast<std::size_t>(shape.codes()));
  for (const auto code : codes()) {
    result.push_back(static_cast<std::int16_t>(shape.numbers.number(static_cast<std::uint8_t>(code))));
  }
  return result;
}

std::vector<std::uint64_t> Image::memory_words() const {
  std::vector<std::uint64_t> words(static_cast<std::size_t>(shape.words()));
  const auto bits = static_cast<std::size_t>(shape.value_bits());
  const auto values = codes();
  for (std::size_t k = 0; k < values.size(); ++k) {
    words[k * bits / 64] |= std::uint64_t{static_cast<std::uint8_t>(values[k])} << (k * bits % 64);
  }
  return words;
}

ImageSet ImageSet::load(const std::filesystem::path& file, const ImageShape& shape, int labels) {
  const auto name = "'" + file.string() + "'";
  const auto record_bytes = 1 + static_cast<std::size_t>(shape.values());
  const std::string remedy =
      shape == kCifar10
          ? ": give a file of images in CIFAR-10's binary format"
          : ": give a file of records of a label and " + std::to_string(shape.channels) + " planes of " +
                std::to_string(shape.height) + " x " + std::to_string(shape.width) + " bytes";
  const auto unreadable = [&](int error) {
    return InputError("cannot read " + name + " (" + std::generic_category().message(error) + ")" +
                      remedy);
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) {
    throw unreadable(EISDIR);
  }
  if (is_idx(file, shape)) {
    return ImageSet(read_idx(file, shape, labels));
  }
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    throw unreadable(errno);
  }
  // Record after record up to the end, for a pipe does not tell its size.
  std::vector<Image> images;
  std::vector<char> record(record_bytes);
  while (in.read(record.data(), static_cast<std::streamsize>(record.size()))) {
    const auto label = static_cast<std::uint8_t>(record[0]);
    if (images.size() == kMostImages) {
      throw InputError(name + " holds more than " + std::to_string(kMostImages) +
                       " images: give a file of fewer");
    }
    if (label >= labels) {
      throw InputError("image " + std::to_string(images.size()) + " of " + name + " has label " +
                       std::to_string(label) + " where 0 to " + std::to_string(labels - 1) +
                       " are possible" + remedy);
    }
    try {
      auto& image = images.emplace_back(shape);
      image.label = label;
      std::copy(record.begin() + 1, record.end(), image.planes.begin());
    } catch (const std::bad_alloc&) {
      throw InputError(name + " is too large for the memory: give a file of fewer images");
    }
  }
  if (in.bad()) {
    throw unreadable(errno);
  }
  const auto rest = static_cast<std::size_t>(in.gcount());
  if (images.empty() || rest != 0) {
    throw InputError(name + " has " + std::to_string(images.size() * record_bytes + rest) +
                     " bytes, no whole number of records of " + std::to_string(record_bytes) + " bytes" +
                     remedy);
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

void ImageSet::require_fit(const Topology& net) const {
  const auto text = [](const ImageShape& shape) {
    return std::to_string(shape.height) + " x " + std::to_string(shape.width) + " x " +
           std::to_string(shape.channels);
  };
  for (const auto& image : images_) {
    if (image.shape != net.image()) {
      throw InputError("network " + net.name + " takes images of " + text(net.image()) +
                       " values, not of " + text(image.shape) + ": give images of that shape");
    }
  }
}

std::string ImageSet::digest() const {
  Digest digest;
  for (const auto& image : images_) {
    digest.add(std::as_bytes(std::span(&image.label, 1)));
    digest.add(std::as_bytes(std::span(image.planes)));
  }
  return digest.hex();
}

}  // namespace fluence
