// Firmware for the platform's ARM processor, from an ELF file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace fluence {

struct Firmware {
  struct Segment {
    std::uint32_t address = 0;
    std::vector<unsigned char> bytes;  ///< as long as in memory, zeros beyond what the file holds
  };
  std::uint32_t entry = 0;
  std::vector<Segment> segments;

  /// Throws InputError naming the file if it cannot be read, is no executable for a 32-bit
  /// little-endian ARM, is damaged, does not lie within the platform's firmware buffer, or
  /// does not start in what it loads.
  static Firmware load(const std::filesystem::path& file);

  /// 16 hex digits, of all that is loaded.
  [[nodiscard]] std::string digest() const;
};

}  // namespace fluence
