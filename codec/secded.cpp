#include <algorithm>
#include <bit>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/bits.hpp"
#include "codec/kinds.hpp"
#include "codec/memory_cell.hpp"

namespace fluence {
namespace {

// A Hsiao code (M. Y. Hsiao, IBM Journal of Research and Development 14(4), 1970): the column of each
// bit is a different word of odd weight, so that two wrong bits give a syndrome of even weight, which is
// no column. Check bit i has the column with bit i alone; data bits have the others, those of least
// weight first.
class Code {
 public:
  explicit Code(int bits) {
    while (1 << (checks_ - 1) < bits + checks_) {
      ++checks_;
    }
    for (int weight = 3; std::ssize(columns_) < bits; weight += 2) {
      for (unsigned column = 0; column < 1U << checks_ && std::ssize(columns_) < bits; ++column) {
        if (std::popcount(column) == weight) {
          columns_.push_back(column);
        }
      }
    }
  }
  [[nodiscard]] int checks() const { return checks_; }
  [[nodiscard]] const std::vector<std::uint64_t>& columns() const { return columns_; }
  [[nodiscard]] std::vector<std::vector<std::uint64_t>> masks() const {
    std::vector<std::vector<std::uint64_t>> all(
        index(checks_), std::vector<std::uint64_t>(index(limbs_of(static_cast<int>(columns_.size())))));
    for (std::size_t bit = 0; bit < columns_.size(); ++bit) {
      for (std::size_t check = 0; check < all.size(); ++check) {
        put_bits(all[check], static_cast<int>(bit), 1, columns_[bit] >> check);
      }
    }
    return all;
  }
  [[nodiscard]] std::uint64_t checks_of(std::span<const std::uint64_t> word) const {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      all ^= take_bits(word, static_cast<int>(i), 1) != 0 ? columns_[i] : 0;
    }
    return all;
  }

 private:
  int checks_ = 2;
  std::vector<std::uint64_t> columns_;
};

const Code& code_of(int bits) {
  static std::mutex mutex;
  static std::map<int, Code> codes;
  const std::lock_guard lock(mutex);
  return codes.try_emplace(bits, bits).first->second;
}

class Secded final : public Codec, public MemoryCellCodec {
 public:
  [[nodiscard]] std::string name() const override { return "secded"; }
  [[nodiscard]] int stored_bits(int bits) const override { return bits + code_of(bits).checks(); }
  [[nodiscard]] bool host_sees_stored() const override { return false; }

  [[nodiscard]] CellTable cell_table(int bits) const override {
    return {.masks = code_of(bits).masks(), .corrects = true};
  }

  void encode(std::span<const std::uint64_t> words, int bits,
              std::span<std::uint64_t> stored) const override {
    const auto& code = code_of(bits);
    std::ranges::fill(stored, 0);
    std::ranges::copy(words, stored.begin());
    put_bits(stored, bits, code.checks(), code.checks_of(words));
  }
  AccessStatus decode(std::span<const std::uint64_t> stored, int bits,
                      std::span<std::uint64_t> words) const override {
    const auto& code = code_of(bits);
    take_value(stored, bits, words);
    const auto syndrome = code.checks_of(words) ^ take_bits(stored, bits, code.checks());
    if (syndrome == 0) {
      return AccessStatus::clean;
    }
    if (std::has_single_bit(syndrome)) {
      return AccessStatus::corrected;
    }
    for (int bit = 0; bit < bits; ++bit) {
      if (code.columns()[static_cast<std::size_t>(bit)] == syndrome) {
        words[index(bit / kWordBits)] ^= std::uint64_t{1} << (bit % kWordBits);
        return AccessStatus::corrected;
      }
    }
    return AccessStatus::detected;
  }
};

}  // namespace

CodecKind secded() {
  return {"secded", "", [](int) { return std::make_unique<Secded>(); }};
}

}  // namespace fluence
