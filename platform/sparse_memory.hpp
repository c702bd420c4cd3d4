// What the accelerator's memory port finds on the platform, without SystemC: the board's memory, as slow
// as there, and errors everywhere else.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>

#include "platform/memory_map.hpp"
#include "rtl/model/rtl_model.hpp"

namespace fluence {

/// Zero where nothing has been written. A copy costs what has been written.
class SparseMemory final : public AxiMemory {
 public:
  explicit SparseMemory(unsigned latency_cycles) : latency_(latency_cycles) {}

  Reply read(std::uint64_t address, std::span<std::uint64_t> words) override {
    if (!holds(address, words.size_bytes())) {
      return {false, 0};
    }
    peek(address, std::as_writable_bytes(words));
    return {true, latency_};
  }
  Reply write(std::uint64_t address, std::span<const std::uint64_t> words) override {
    if (!holds(address, words.size_bytes())) {
      return {false, 0};
    }
    poke(address, std::as_bytes(words));
    words_written_ += words.size();
    return {true, latency_};
  }

  /// Host's accesses, in no time, to any address.
  void peek(std::uint64_t address, std::span<std::byte> bytes) const {
    for_each_piece(address, bytes.size(),
                   [&](std::uint64_t page, std::size_t at, std::size_t from, std::size_t count) {
                     const auto found = pages_.find(page);
                     if (found == pages_.end()) {
                       std::memset(bytes.data() + from, 0, count);
                     } else {
                       std::memcpy(bytes.data() + from, found->second.data() + at, count);
                     }
                   });
  }
  void poke(std::uint64_t address, std::span<const std::byte> bytes) {
    for_each_piece(address, bytes.size(),
                   [&](std::uint64_t page, std::size_t at, std::size_t from, std::size_t count) {
                     std::memcpy(pages_[page].data() + at, bytes.data() + from, count);
                   });
  }

  /// 64-bit words that the accelerator has written.
  [[nodiscard]] std::uint64_t words_written() const { return words_written_; }
  /// Whether both are alike outside of one region, whose borders are those of pages.
  [[nodiscard]] bool equals_except(const SparseMemory& other, const MapEntry& region) const {
    const auto counts = [&](const Pages::value_type& page) {
      const auto address = page.first * kPageBytes;
      return address < region.base || address >= region.base + region.size;
    };
    const auto all_in = [&](const Pages& some, const Pages& others) {
      return std::ranges::all_of(some, [&](const Pages::value_type& page) {
        const auto found = others.find(page.first);
        return !counts(page) ||
               (found != others.end() ? found->second == page.second : page.second == Page{});
      });
    };
    return all_in(pages_, other.pages_) && all_in(other.pages_, pages_);
  }

 private:
  static constexpr std::uint64_t kPageBytes = 4096;
  using Page = std::array<std::byte, kPageBytes>;
  using Pages = std::map<std::uint64_t, Page>;

  static bool holds(std::uint64_t address, std::uint64_t bytes) {
    return address >= kDram.base && address - kDram.base < kDram.size &&
           bytes <= kDram.size - (address - kDram.base);
  }
  // Calls visit(page, offset in it, offset in the access, bytes).
  template <class Visit>
  static void for_each_piece(std::uint64_t address, std::size_t bytes, Visit visit) {
    for (std::size_t from = 0; from < bytes;) {
      const auto at = static_cast<std::size_t>((address + from) % kPageBytes);
      const auto count = std::min<std::size_t>(kPageBytes - at, bytes - from);
      visit((address + from) / kPageBytes, at, from, count);
      from += count;
    }
  }

  unsigned latency_;
  std::uint64_t words_written_ = 0;
  Pages pages_;
};

}  // namespace fluence
