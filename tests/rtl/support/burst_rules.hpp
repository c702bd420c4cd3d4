// What the two memory ports must keep to on their AXI4 channels.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

namespace fluence::test {

/// Follows the bursts of one transfer of 64-bit words from `address`: one after the other without gap or
/// overlap, each up to the next 128-byte boundary or the end of the transfer, none across 4 KB.
class BurstRules {
 public:
  BurstRules(std::uint64_t address, std::uint64_t words) : next_(address), left_(words) {}

  /// A request was accepted; `length` is AXI's, beats - 1.
  void request(std::uint64_t address, unsigned length) {
    const std::uint64_t beats = length + 1;
    const std::uint64_t last = address + 8 * beats - 1;
    require(beats_left_ == 0, "a request while a burst is outstanding");
    require(address == next_, "a burst that does not follow the previous one");
    require(beats <= left_, "more words than asked for");
    require(address >> 12 == last >> 12, "a burst across a 4 KB boundary");
    require(beats == std::min(left_, (128 - address % 128) / 8),
            "a burst that does not end at 128 bytes");
    beats_left_ = beats;
    beat_address_ = address;
    next_ = last + 1;
    left_ -= std::min(left_, beats);
    first_beat_ = true;
  }

  /// Address of the beat that was transferred in cycle `now`.
  std::uint64_t beat(std::uint64_t now) {
    require(beats_left_ > 0, "a beat without a request");
    gaps_ += first_beat_ || now == last_beat_ + 1 ? 0 : 1;
    first_beat_ = false;
    last_beat_ = now;
    --beats_left_;
    return std::exchange(beat_address_, beat_address_ + 8);
  }

  /// As `beat`, for writes.
  std::uint64_t beat(std::uint64_t now, bool last) {
    require(last == (beats_left_ == 1), "wlast on the wrong beat");
    return beat(now);
  }

  [[nodiscard]] std::uint64_t beat_address() const { return beat_address_; }
  [[nodiscard]] std::uint64_t beats_left() const { return beats_left_; }
  [[nodiscard]] bool complete() const { return left_ == 0 && beats_left_ == 0; }
  /// Pairs of consecutive beats of a burst with a pause between them.
  [[nodiscard]] int gaps() const { return gaps_; }
  /// The first rule that was broken; empty if none.
  [[nodiscard]] const std::string& broken() const { return broken_; }

 private:
  void require(bool condition, const char* otherwise) {
    if (!condition && broken_.empty()) {
      broken_ = otherwise;
    }
  }

  std::uint64_t next_;
  std::uint64_t left_;
  std::uint64_t beats_left_ = 0;
  std::uint64_t beat_address_ = 0;
  std::uint64_t last_beat_ = 0;
  bool first_beat_ = false;
  int gaps_ = 0;
  std::string broken_;
};

}  // namespace fluence::test
