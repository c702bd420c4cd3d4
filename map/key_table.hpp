// Sets of pixels, as words of bits, and what is known of each: for the faults of one neuron.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "map/consequence.hpp"

namespace fluence {

/// An open-addressing table that is emptied in no time.
class KeyTable {
 public:
  /// For at most `most` keys between two calls of `clear`.
  explicit KeyTable(std::size_t most) : slots_(std::bit_ceil(2 * most)) {}

  /// Forgets all keys; the next ones have so many words.
  void clear(std::size_t words) {
    ++epoch_;
    words_ = words;
    keys_.clear();
  }

  /// What `find(key)` gives, asked for once.
  template <typename Find>
  BlockCounts get(const std::uint64_t* key, Find find) {
    std::uint64_t hash = 0x9e3779b97f4a7c15;
    for (std::size_t i = 0; i < words_; ++i) {
      hash = (hash ^ key[i]) * 0xd6e8feb86659fd93;
      hash ^= hash >> 32;
    }
    const auto mask = slots_.size() - 1;
    for (auto at = static_cast<std::size_t>(hash) & mask;; at = (at + 1) & mask) {
      auto& slot = slots_[at];
      if (slot.epoch != epoch_) {
        slot = {epoch_, static_cast<std::uint32_t>(keys_.size()), 0};
        keys_.insert(keys_.end(), key, key + words_);
        slot.counts = find(key);
        return slot.counts;
      }
      if (std::equal(key, key + words_, keys_.data() + slot.key)) {
        return slot.counts;
      }
    }
  }

 private:
  struct Slot {
    std::uint32_t epoch = 0;
    std::uint32_t key = 0;  ///< where it begins in `keys_`
    BlockCounts counts = 0;
  };
  std::vector<Slot> slots_;
  std::vector<std::uint64_t> keys_;
  std::size_t words_ = 0;
  std::uint32_t epoch_ = 0;
};

/// Bit j of row i becomes bit i of row j.
inline void transpose(std::uint64_t* rows) {
  std::uint64_t mask = 0x0000'0000'ffff'ffff;
  for (unsigned step = 32; step != 0; step >>= 1, mask ^= mask << step) {
    for (unsigned i = 0; i < 64; i = ((i | step) + 1) & ~step) {
      const auto moved = ((rows[i] >> step) ^ rows[i | step]) & mask;
      rows[i] ^= moved << step;
      rows[i | step] ^= moved;
    }
  }
}

}  // namespace fluence
