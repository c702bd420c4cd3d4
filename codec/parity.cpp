#include <algorithm>
#include <bit>
#include <memory>
#include <vector>

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

  [[nodiscard]] CellTable cell_table(int bits) const override { return {.masks = masks(bits)}; }

  void encode(std::span<const std::uint64_t> words, int bits,
              std::span<std::uint64_t> stored) const override {
    stored[0] = words[0] | checks(words[0], bits) << bits;
  }
  AccessStatus decode(std::span<const std::uint64_t> stored, int bits,
                      std::span<std::uint64_t> words) const override {
    words[0] = stored[0] & low_bits(bits);
    return checks(words[0], bits) == stored[0] >> bits ? AccessStatus::clean : AccessStatus::detected;
  }

 private:
  [[nodiscard]] std::uint64_t mask(int at, int bits) const {
    return low_bits(std::min(group_, bits - at)) << at;
  }
  [[nodiscard]] std::vector<std::uint64_t> masks(int bits) const {
    std::vector<std::uint64_t> all;
    for (int at = 0; at < bits; at += group_) {
      all.push_back(mask(at, bits));
    }
    return all;
  }
  [[nodiscard]] std::uint64_t checks(std::uint64_t word, int bits) const {
    std::uint64_t all = 0;
    for (int at = 0, number = 0; at < bits; at += group_, ++number) {
      all |= static_cast<std::uint64_t>(std::popcount(word & mask(at, bits)) & 1) << number;
    }
    return all;
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
