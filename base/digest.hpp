// A 64-bit fingerprint of data: FNV-1a (Fowler, Noll, Vo), for manifests. Not against malice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace fluence {

/// A number as 16 lower-case hex digits, most significant first.
inline std::string hexadecimal_text(std::uint64_t number) {
  std::string text(16, '0');
  for (std::size_t i = 0; i < text.size(); ++i) {
    text[i] = "0123456789abcdef"[(number >> (60 - 4 * i)) & 0xf];
  }
  return text;
}

/// Streaming FNV-1a. The result depends on the bytes alone, not on how they were cut into calls.
class Digest {
 public:
  void add(std::span<const std::byte> bytes) {
    for (const auto byte : bytes) {
      state_ = (state_ ^ std::to_integer<std::uint64_t>(byte)) * kPrime;
    }
  }
  void add(std::string_view text) { add(std::as_bytes(std::span(text))); }
  /// The eight bytes of a number, least significant first on every machine.
  void add(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) {
      state_ = (state_ ^ ((number >> shift) & 0xff)) * kPrime;
    }
  }

  [[nodiscard]] std::uint64_t value() const { return state_; }
  /// 16 lower-case hex digits, most significant first.
  [[nodiscard]] std::string hex() const { return hexadecimal_text(state_); }

 private:
  static constexpr std::uint64_t kOffset = 0xcbf29ce484222325;
  static constexpr std::uint64_t kPrime = 0x100000001b3;
  std::uint64_t state_ = kOffset;
};

}  // namespace fluence
