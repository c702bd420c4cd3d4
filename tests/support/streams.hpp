// Reader of the recorded streams ("FSTR" files): what every stream between the stages carried for one
// image.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace fluence::test {

struct RecordedStream {
  std::string name;
  int width = 0;                    ///< bits of a word, a multiple of 8
  int words = 0;                    ///< words of the image
  std::vector<std::uint8_t> bytes;  ///< words one after the other, least significant byte first

  /// Word `i` in 64-bit limbs, least significant first.
  [[nodiscard]] std::vector<std::uint64_t> word(int i) const {
    std::vector<std::uint64_t> limbs(static_cast<std::size_t>((width + 63) / 64));
    const auto word_bytes = static_cast<std::size_t>(width / 8);
    for (std::size_t k = 0; k < word_bytes; ++k) {
      limbs[k / 8] |= std::uint64_t{bytes.at(static_cast<std::size_t>(i) * word_bytes + k)}
                      << (8 * (k % 8));
    }
    return limbs;
  }
};

/// The streams of a file, in dataflow order. Throws std::runtime_error if it is no such file.
inline std::vector<RecordedStream> load_streams(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::vector<char> data{std::istreambuf_iterator<char>(in), {}};
  std::size_t at = 0;
  const auto take = [&](std::size_t count) {
    if (data.size() - at < count) {
      throw std::runtime_error(file.string() + " is no FSTR file");
    }
    at += count;
    return data.data() + at - count;
  };
  const auto number = [&] {
    std::uint32_t value = 0;
    std::memcpy(&value, take(sizeof value), sizeof value);
    return value;
  };
  if (std::memcmp(take(4), "FSTR", 4) != 0) {
    throw std::runtime_error(file.string() + " is no FSTR file");
  }
  std::vector<RecordedStream> streams(number());
  for (auto& stream : streams) {
    const char* name = take(16);
    stream.name.assign(name, strnlen(name, 16));
    stream.width = static_cast<int>(number());
    stream.words = static_cast<int>(number());
    const auto size =
        static_cast<std::size_t>(stream.words) * static_cast<std::size_t>(stream.width / 8);
    const char* bytes = take(size);
    stream.bytes.assign(bytes, bytes + size);
  }
  return streams;
}

}  // namespace fluence::test
