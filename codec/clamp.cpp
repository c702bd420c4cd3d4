#include <algorithm>
#include <cstdint>
#include <memory>

#include "base/bits.hpp"
#include "codec/kinds.hpp"
#include "codec/memory_cell.hpp"

namespace fluence {
namespace {

class Clamp final : public Codec, public MemoryCellCodec {
 public:
  Clamp(int least, int most) : least_(least), most_(most) {}
  [[nodiscard]] std::string name() const override {
    return "clamp " + std::to_string(least_) + " " + std::to_string(most_);
  }
  [[nodiscard]] std::string refusal(int bits) const override {
    const auto end = std::int64_t{1} << (bits - 1);
    return least_ < -end || most_ >= end ? "keeps numbers that have more: give ends within them" : "";
  }
  [[nodiscard]] bool stores_numbers() const override { return true; }

  [[nodiscard]] CellTable cell_table(int bits) const override {
    return {.clamps = true, .least = code(least_, bits), .most = code(most_, bits)};
  }

  void encode(std::span<const std::uint64_t> words, int /*bits*/,
              std::span<std::uint64_t> stored) const override {
    std::ranges::copy(words, stored.begin());
  }
  AccessStatus decode(std::span<const std::uint64_t> stored, int bits,
                      std::span<std::uint64_t> words) const override {
    const int unused = 64 - bits;
    const auto number = static_cast<std::int64_t>(stored[0] << unused) >> unused;
    words[0] = code(std::clamp(number, least_, most_), bits);
    return words[0] == stored[0] ? AccessStatus::clean : AccessStatus::corrected;
  }

 private:
  static std::uint64_t code(std::int64_t number, int bits) {
    return static_cast<std::uint64_t>(number) & low_bits(bits);
  }

  std::int64_t least_, most_;
};

}  // namespace

CodecKind clamp() {
  return {"clamp",
          "the least and the greatest number that are kept, as in clamp -20 300",
          {},
          [](int least, int most) -> std::unique_ptr<const Codec> {
            return least < most ? std::make_unique<Clamp>(least, most) : nullptr;
          }};
}

}  // namespace fluence
