// Codecs that store the bits of some words in another order.
#pragma once

#include <algorithm>

#include "codec/codec.hpp"
#include "codec/memory_cell.hpp"

namespace fluence {

/// The bits of a group's stored words make one long word, its highest part in the first of them. An
/// incomplete last group is stored as it is.
class Permutation : public Codec, public MemoryCellCodec {
 public:
  void encode(std::span<const std::uint64_t> words, int bits,
              std::span<std::uint64_t> stored) const final {
    if (!begin(words, stored)) {
      return;
    }
    for (int at = 0; at < this->words() * bits; ++at) {
      const auto [word, bit] = place(at, bits);
      stored[stored_word(at, bits)] |= (words[word] >> bit & 1) << (at % bits);
    }
  }
  AccessStatus decode(std::span<const std::uint64_t> stored, int bits,
                      std::span<std::uint64_t> words) const final {
    if (begin(stored, words)) {
      for (int at = 0; at < this->words() * bits; ++at) {
        const auto [word, bit] = place(at, bits);
        words[word] |= (stored[stored_word(at, bits)] >> (at % bits) & 1) << bit;
      }
    }
    return AccessStatus::clean;
  }

 protected:
  struct Place {
    std::size_t word = 0;
    int bit = 0;
  };
  /// What a bit of the long word is a bit of.
  [[nodiscard]] virtual Place place(int at, int bits) const = 0;

 private:
  [[nodiscard]] std::size_t stored_word(int at, int bits) const {
    return static_cast<std::size_t>(words() - 1 - at / bits);
  }
  // Whether there is something to be permuted.
  bool begin(std::span<const std::uint64_t> from, std::span<std::uint64_t> to) const {
    if (std::ssize(from) < words()) {
      std::ranges::copy(from, to.begin());
      return false;
    }
    std::ranges::fill(to, 0);
    return true;
  }
};

}  // namespace fluence
