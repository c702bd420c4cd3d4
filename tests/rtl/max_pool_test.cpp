#include <algorithm>

#include "max_pool/cases.hpp"
#include "tests/rtl/support/stream_bench.hpp"

namespace fluence::test {
namespace {

template <class Case>
class MaxPool : public testing::Test {
 protected:
  static constexpr int kImages = 4;
  static constexpr int kDim = Case::kDim;
  static constexpr int kOutDim = kDim / 2;

  MaxPool() {
    bench_.reset();
    Rng rng(4);
    for (int i = 0; i < kImages * kDim * kDim; ++i) {
      // Sparse ones, else nearly every maximum of 1-bit pixels is 1.
      pixels_.push_back(random_word(rng, Case::kChannels * Case::kBits) &
                        (i % 2 == 0 ? random_word(rng, Case::kChannels * Case::kBits) : ~Word{}));
    }
    for (int image = 0; image < kImages; ++image) {
      for (int y = 0; y < kOutDim; ++y) {
        for (int x = 0; x < kOutDim; ++x) {
          pooled_.push_back(pool(image, y, x));
        }
      }
    }
  }

  Word pool(int image, int y, int x) const {
    Word result;
    for (int c = 0; c < Case::kChannels; ++c) {
      std::int64_t best = -2;
      for (const int dy : {0, 1}) {
        for (const int dx : {0, 1}) {
          const int line = image * kDim + 2 * y + dy;
          best =
              std::max(best, value(pixels_.at(static_cast<std::size_t>(line * kDim + 2 * x + dx)), c));
        }
      }
      result |= placed(static_cast<std::uint64_t>(best), c * Case::kBits, Case::kBits);
    }
    return result;
  }

  static std::int64_t value(const Word& pixel, int c) {
    return Case::kBits == 1 ? static_cast<std::int64_t>(field(pixel, c, 1))
                            : signed_field(pixel, c * Case::kBits, Case::kBits);
  }

  Clocked<typename Case::Dut> bench_;
  std::vector<Word> pixels_;
  std::vector<Word> pooled_;
};
TYPED_TEST_SUITE(MaxPool, max_pool_cases, CaseName);

TYPED_TEST(MaxPool, EmitsMaximaOfConsecutiveImages) {
  expect_stream(this->bench_, this->pixels_, this->pooled_);
}

TYPED_TEST(MaxPool, ResetStartsAnImageAfresh) {
  expect_clean_reset(this->bench_, this->pixels_, this->pooled_);
}

// -2, which only a fault creates, is the smallest of the four codes.
TYPED_TEST(MaxPool, OrdersAllCodes) {
  constexpr int kBits = TypeParam::kBits;
  std::vector<Word> golden;
  std::vector<Word> in;
  const auto code = [](int value) { return placed(static_cast<std::uint64_t>(value), 0, kBits); };
  const int lowest = kBits == 1 ? 0 : -2;
  const int highest = 1;
  // One image a pair of codes: all pixels hold the one, a single pixel of each block the other.
  for (int a = lowest; a <= highest; ++a) {
    for (int b = lowest; b <= highest; ++b) {
      for (int i = 0; i < this->kDim * this->kDim; ++i) {
        const bool odd = i % 2 == 1 && i / this->kDim % 2 == 1;
        in.push_back(code(odd ? b : a));
      }
      golden.insert(golden.end(), static_cast<std::size_t>(this->kOutDim * this->kOutDim),
                    code(std::max(a, b)));
    }
  }
  expect_transfer(this->bench_, in, golden, kNoStalls, 1);
}

// As in the HLS original, nothing enters while a row of maxima leaves.
TYPED_TEST(MaxPool, TakesAPixelOrGivesOneEachCycle) {
  EXPECT_EQ(undisturbed_cycles(this->bench_, this->pixels_, this->pooled_.size()),
            this->pixels_.size() + this->pooled_.size());
}

}  // namespace
}  // namespace fluence::test
