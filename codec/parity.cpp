#include <algorithm>
#include <bit>
#include <memory>

#include "base/bits.hpp"
#include "codec/kinds.hpp"
#include "codec/memory_cell.hpp"

namespace fluence {
namespace {

constexpr int kMostCovered = 64;

class Parity final : public Codec, public MemoryCellCodec {
 public:
  explicit Parity(int group) : group_(group) {}
  [[nodiscard]] std::string name() const override { return "parity " + std::to_string(group_); }
  [[nodiscard]] int stored_bits(int bits) const override { return bits + (bits + group_ - 1) / group_; }
  [[nodiscard]] bool host_sees_stored() const override { return false; }

  [[nodiscard]] CellTable cell_table(int bits) const override {
    CellTable table;
    for (int at = 0; at < bits; at += group_) {
      auto& mask = table.masks.emplace_back(index(limbs_of(bits)));
      put_bits(mask, at, covered(at, bits), ~std::uint64_t{0});
    }
    return table;
  }

  void encode(std::span<const std::uint64_t> words, int bits,
              std::span<std::uint64_t> stored) const override {
    std::ranges::fill(stored, 0);
    std::ranges::copy(words, stored.begin());
    for (int at = 0; at < bits; at += group_) {
      put_bits(stored, bits + at / group_, 1, parity(words, at, bits));
    }
  }
  AccessStatus decode(std::span<const std::uint64_t> stored, int bits,
                      std::span<std::uint64_t> words) const override {
    take_value(stored, bits, words);
    bool fits = true;
    for (int at = 0; at < bits; at += group_) {
      fits = fits && take_bits(stored, bits + at / group_, 1) == parity(words, at, bits);
    }
    return fits ? AccessStatus::clean : AccessStatus::detected;
  }

 private:
  [[nodiscard]] int covered(int at, int bits) const { return std::min(group_, bits - at); }
  [[nodiscard]] std::uint64_t parity(std::span<const std::uint64_t> word, int at, int bits) const {
    return static_cast<std::uint64_t>(std::popcount(take_bits(word, at, covered(at, bits)))) & 1;
  }

  int group_;
};

}  // namespace

CodecKind parity() {
  return {"parity", "how many bits a check bit covers, 1 to " + std::to_string(kMostCovered),
          [](int group) -> std::unique_ptr<const Codec> {
            return group >= 1 && group <= kMostCovered ? std::make_unique<Parity>(group) : nullptr;
          }};
}

}  // namespace fluence
