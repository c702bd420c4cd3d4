#include <algorithm>
#include <memory>

#include "codec/kinds.hpp"
#include "codec/memory_cell.hpp"

namespace fluence {
namespace {

class Duplicate final : public Codec, public MemoryCellCodec {
 public:
  [[nodiscard]] std::string name() const override { return "duplicate"; }
  [[nodiscard]] int copies() const override { return 2; }
  [[nodiscard]] bool host_sees_stored() const override { return false; }

  void encode(std::span<const std::uint64_t> words, int /*bits*/,
              std::span<std::uint64_t> stored) const override {
    std::ranges::copy(words, stored.begin());
    std::ranges::copy(words, stored.begin() + std::ssize(words));
  }
  AccessStatus decode(std::span<const std::uint64_t> stored, int /*bits*/,
                      std::span<std::uint64_t> words) const override {
    const auto first = stored.first(words.size());
    std::ranges::copy(first, words.begin());
    return std::ranges::equal(first, stored.subspan(words.size())) ? AccessStatus::clean
                                                                   : AccessStatus::detected;
  }
};

}  // namespace

CodecKind duplicate() {
  return {"duplicate", "", [](int) { return std::make_unique<Duplicate>(); }};
}

}  // namespace fluence
