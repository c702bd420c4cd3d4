#include <bit>
#include <memory>

#include "base/bits.hpp"
#include "codec/kinds.hpp"
#include "codec/permutation.hpp"

namespace fluence {
namespace {

// Of the long word's bits, those that are set hold the first word's, upwards; the others hold the second
// word's, downwards. From the sources of the published networks.
constexpr std::uint64_t pattern(int bits) {
  return bits == 16 ? 0x88AAAAEE : bits == 24 ? 0x888AAAAAAEEE : 0;
}

class ResilientInterleave final : public Permutation {
 public:
  [[nodiscard]] std::string name() const override { return "resilient-interleave"; }
  [[nodiscard]] int words() const override { return 2; }
  [[nodiscard]] std::string refusal(int bits) const override {
    return pattern(bits) != 0 ? ""
                              : "has a pattern for words of 16 and of 24 bits only: use interleave 2";
  }

  [[nodiscard]] CellTable cell_table(int bits) const override { return {.pattern = pattern(bits)}; }

 protected:
  [[nodiscard]] Place place(int at, int bits) const override {
    const int firsts = std::popcount(pattern(bits) & low_bits(at));
    return (pattern(bits) >> at & 1) != 0 ? Place{0, firsts} : Place{1, bits - 1 - (at - firsts)};
  }
};

}  // namespace

CodecKind resilient_interleave() {
  return {"resilient-interleave", "", [](int) { return std::make_unique<ResilientInterleave>(); }};
}

}  // namespace fluence
