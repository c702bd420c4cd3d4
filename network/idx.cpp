#include "network/idx.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <system_error>

#include "base/error.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kImages = 0x803;  // bytes in three dimensions
constexpr std::uint32_t kLabels = 0x801;  // and in one
constexpr std::size_t kFieldBytes = 4;

std::string quoted(const fs::path& file) { return "'" + file.string() + "'"; }

/// The big-endian numbers that a file begins with; nothing if it is too short.
template <std::size_t count>
bool read_fields(std::istream& in, std::array<std::uint32_t, count>& fields) {
  std::array<char, count * kFieldBytes> bytes{};
  if (!in.read(bytes.data(), bytes.size())) {
    return false;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    fields[i / kFieldBytes] = fields[i / kFieldBytes] << 8 | static_cast<std::uint8_t>(bytes[i]);
  }
  return true;
}

using Header = std::array<std::uint32_t, 4>;  // magic, images, rows, columns

std::uint64_t bytes_after(const Header& header) {
  return std::uint64_t{header[1]} * header[2] * header[3];
}

std::string with(std::string name, const std::string& old, const std::string& now) {
  if (const auto at = name.find(old); at != std::string::npos) {
    name.replace(at, old.size(), now);
  }
  return name;
}

std::vector<char> read_labels(const fs::path& images, std::uint32_t count) {
  const auto name = images.filename().string();
  if (name.find("images") == std::string::npos) {
    throw InputError(
        quoted(images) +
        " has images of an IDX file, whose labels are in a file with 'labels' for 'images' in "
        "its name: give it a name that holds 'images'");
  }
  const auto file = images.parent_path() / with(with(name, "images", "labels"), "idx3", "idx1");
  std::ifstream in(file, std::ios::binary);
  std::array<std::uint32_t, 2> header{};
  std::vector<char> labels(count);
  if (!in) {
    throw InputError("cannot read " + quoted(file) + ", the labels of " + quoted(images) +
                     ": put them there");
  }
  if (!read_fields(in, header) || header[0] != kLabels || header[1] != count ||
      !in.read(labels.data(), static_cast<std::streamsize>(labels.size())) || in.get() != EOF) {
    throw InputError(quoted(file) + " is no IDX file of " + std::to_string(count) +
                     " labels, as many as " + quoted(images) +
                     " has images: give the one that belongs to it");
  }
  return labels;
}

}  // namespace

bool is_idx(const fs::path& file, const ImageShape& shape) {
  std::error_code ignored;
  if (shape.channels != 1 || !fs::is_regular_file(file, ignored)) {
    return false;
  }
  std::ifstream in(file, std::ios::binary);
  Header header{};
  if (!read_fields(in, header) || header[0] != kImages) {
    return false;
  }
  const auto is = [](std::uint32_t size, int wanted) {
    return size == static_cast<std::uint32_t>(wanted);
  };
  return (is(header[2], shape.height) && is(header[3], shape.width)) ||
         fs::file_size(file, ignored) == sizeof header + bytes_after(header);
}

std::vector<Image> read_idx(const fs::path& file, const ImageShape& shape, int labels) {
  std::ifstream in(file, std::ios::binary);
  Header header{};
  if (!read_fields(in, header)) {
    throw InputError("cannot read " + quoted(file) + ": check that it is a readable file");
  }
  const auto [magic, count, rows, columns] = header;
  if (rows != static_cast<std::uint32_t>(shape.height) ||
      columns != static_cast<std::uint32_t>(shape.width)) {
    throw InputError(quoted(file) + " has images of " + std::to_string(rows) + " x " +
                     std::to_string(columns) + " pixels where the network takes " +
                     std::to_string(shape.height) + " x " + std::to_string(shape.width) +
                     ": give images of that shape");
  }
  if (count == 0 || count > kMostImages) {
    throw InputError(quoted(file) + " has " + std::to_string(count) + " images: give a file of 1 to " +
                     std::to_string(kMostImages));
  }
  const auto given = read_labels(file, count);
  std::vector<Image> images;
  for (const auto byte : given) {
    const auto label = static_cast<std::uint8_t>(byte);
    if (label >= labels) {
      throw InputError("image " + std::to_string(images.size()) + " of " + quoted(file) + " has label " +
                       std::to_string(label) + " where 0 to " + std::to_string(labels - 1) +
                       " are possible: give the labels that belong to it");
    }
    auto& image = images.emplace_back(shape);
    image.label = label;
    if (!in.read(reinterpret_cast<char*>(image.planes.data()),
                 static_cast<std::streamsize>(image.planes.size()))) {
      break;
    }
  }
  if (!in || in.get() != EOF) {
    throw InputError(quoted(file) + " is not as long as " + std::to_string(count) +
                     " images are: it is damaged");
  }
  return images;
}

}  // namespace fluence
