// Codecs that store the bits of some words in another order.
#pragma once

#include <algorithm>
#include <utility>

#include "base/bits.hpp"
#include "codec/codec.hpp"
#include "codec/memory_cell.hpp"

namespace fluence {

/// The bits of a group's stored words make one long word, its highest part in the first of them. An
/// incomplete last group is stored as it is.
class Permutation : public Codec, public MemoryCellCodec {
 public:
  void encode(std::span<const std::uint64_t> words, int bits,
              std::span<std::uint64_t> stored) const final {
    permute(words, bits, stored,
            [](const Places& places) { return std::pair(places.value, places.stored); });
  }
  AccessStatus decode(std::span<const std::uint64_t> stored, int bits,
                      std::span<std::uint64_t> words) const final {
    permute(stored, bits, words,
            [](const Places& places) { return std::pair(places.stored, places.value); });
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
  // Of one bit, among the limbs of a group's words.
  struct Places {
    int value = 0, stored = 0;
  };
  template <class Way>
  void permute(std::span<const std::uint64_t> from, int bits, std::span<std::uint64_t> to,
               Way way) const {
    const int limbs = limbs_of(bits);
    if (std::ssize(from) < words() * limbs) {
      std::ranges::copy(from, to.begin());
      return;
    }
    std::ranges::fill(to, 0);
    for (int at = 0; at < words() * bits; ++at) {
      const auto [word, bit] = place(at, bits);
      const int stored_word = words() - 1 - at / bits;
      const auto [source, target] = way(Places{static_cast<int>(word) * limbs * kWordBits + bit,
                                               stored_word * limbs * kWordBits + at % bits});
      put_bits(to, target, 1, take_bits(from, source, 1));
    }
  }
};

}  // namespace fluence
