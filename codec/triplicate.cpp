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
    for (int copy = 0; copy < copies(); ++copy) {
      std::ranges::copy(words, stored.begin() + copy * std::ssize(words));
    }
  }
  AccessStatus decode(std::span<const std::uint64_t> stored, int /*bits*/,
                      std::span<std::uint64_t> words) const override {
    bool agree = true;
    for (std::size_t limb = 0; limb < words.size(); ++limb) {
      const auto a = stored[limb];
      const auto b = stored[words.size() + limb];
      const auto c = stored[2 * words.size() + limb];
      words[limb] = (a & b) | (a & c) | (b & c);
      agree = agree && a == b && b == c;
    }
    return agree ? AccessStatus::clean : AccessStatus::corrected;
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
