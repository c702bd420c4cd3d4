#include <algorithm>
#include <memory>

#include "codec/kinds.hpp"
#include "codec/memory_cell.hpp"

namespace fluence {
namespace {

class Triplicate final : public Codec, public MemoryCellCodec {
 public:
  explicit Triplicate(bool writes_back) : writes_back_(writes_back) {}
  [[nodiscard]] std::string name() const override { return writes_back_ ? "tmr-writeback" : "tmr"; }
  [[nodiscard]] int copies() const override { return 3; }
  // As published.
  [[nodiscard]] bool host_sees_stored() const override { return writes_back_; }
  [[nodiscard]] bool repairs() const override { return writes_back_; }

  void encode(std::span<const std::uint64_t> words, int /*bits*/,
              std::span<std::uint64_t> stored) const override {
    std::ranges::fill(stored, words[0]);
  }
  AccessStatus decode(std::span<const std::uint64_t> stored, int /*bits*/,
                      std::span<std::uint64_t> words) const override {
    const auto a = stored[0];
    const auto b = stored[1];
    const auto c = stored[2];
    words[0] = (a & b) | (a & c) | (b & c);
    return a == b && b == c ? AccessStatus::clean : AccessStatus::corrected;
  }

 private:
  bool writes_back_;
};

}  // namespace

CodecKind triplicate(bool writes_back) {
  return {Triplicate(writes_back).name(), "",
          [writes_back](int) { return std::make_unique<Triplicate>(writes_back); }};
}

}  // namespace fluence
