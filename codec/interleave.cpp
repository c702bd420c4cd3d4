#include <bit>
#include <memory>

#include "codec/kinds.hpp"
#include "codec/permutation.hpp"

namespace fluence {
namespace {

constexpr int kMostWords = 64;

class Interleave final : public Permutation {
 public:
  explicit Interleave(int words) : words_(words) {}
  [[nodiscard]] std::string name() const override { return "interleave " + std::to_string(words_); }
  [[nodiscard]] int words() const override { return words_; }

 protected:
  [[nodiscard]] Place place(int at, int /*bits*/) const override {
    return {static_cast<std::size_t>(at % words_), at / words_};
  }

 private:
  int words_;
};

}  // namespace

CodecKind interleave() {
  return {"interleave", "a power of two from 2 to " + std::to_string(kMostWords),
          [](int words) -> std::unique_ptr<const Codec> {
            const bool possible =
                words >= 2 && words <= kMostWords && std::has_single_bit(static_cast<unsigned>(words));
            return possible ? std::make_unique<Interleave>(words) : nullptr;
          }};
}

}  // namespace fluence
