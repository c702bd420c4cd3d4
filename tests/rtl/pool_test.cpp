#include <algorithm>
#include <limits>

#include "pool/cases.hpp"
#include "tests/rtl/support/stream_bench.hpp"

namespace fluence::test {
namespace {

template <class Case>
class PoolUnit : public testing::Test {
 protected:
  static constexpr int kImages = 4;
  static constexpr int kBits = Case::kBits;
  static constexpr int kPixels = Case::kInHeight * Case::kInWidth;

  PoolUnit() {
    bench_.reset();
    Rng rng(7);
    const int width = Case::kChannels * kBits;
    for (int i = 0; i < kImages * kPixels; ++i) {
      // Sparse ones, else nearly every maximum of 1-bit pixels is 1.
      pixels_.push_back(random_word(rng, width) & (i % 2 == 0 ? random_word(rng, width) : ~Word{}));
    }
    // An image of nothing but the lowest numbers, which what an image before it left and what lies
    // outside of the map must not raise.
    std::fill_n(pixels_.begin() + kPixels, kPixels, lowest_numbers());
    for (int image = 0; image < kImages; ++image) {
      for (int y = 0; y < Case::kOutHeight; ++y) {
        for (int x = 0; x < Case::kOutWidth; ++x) {
          pooled_.push_back(
              pool(image, y * Case::kStrideY - Case::kTop, x * Case::kStrideX - Case::kLeft));
        }
      }
    }
  }

  static Word lowest_numbers() {
    Word word;
    for (int c = 0; c < Case::kChannels; ++c) {
      word.set(static_cast<std::size_t>((c + 1) * kBits - 1), Case::kSigned);
    }
    return word;
  }

  Word pool(int image, int top, int left) const {
    Word result;
    for (int c = 0; c < Case::kChannels; ++c) {
      auto best = std::numeric_limits<std::int64_t>::min();
      for (int y = std::max(top, 0); y < std::min(top + Case::kKernelHeight, Case::kInHeight); ++y) {
        for (int x = std::max(left, 0); x < std::min(left + Case::kKernelWidth, Case::kInWidth); ++x) {
          const int line = image * Case::kInHeight + y;
          const auto& pixel = pixels_.at(static_cast<std::size_t>(line * Case::kInWidth + x));
          best = std::max(best, number(pixel, c));
        }
      }
      result |= placed(static_cast<std::uint64_t>(best), c * kBits, kBits);
    }
    return result;
  }

  static std::int64_t number(const Word& pixel, int c) {
    return Case::kSigned ? signed_field(pixel, c * kBits, kBits)
                         : static_cast<std::int64_t>(field(pixel, c * kBits, kBits));
  }

  Clocked<typename Case::Dut> bench_;
  std::vector<Word> pixels_;
  std::vector<Word> pooled_;
};
TYPED_TEST_SUITE(PoolUnit, pool_cases, CaseName);

TYPED_TEST(PoolUnit, EmitsMaximaOfConsecutiveImages) {
  expect_stream(this->bench_, this->pixels_, this->pooled_);
}

TYPED_TEST(PoolUnit, ResetStartsAnImageAfresh) {
  expect_clean_reset(this->bench_, this->pixels_, this->pooled_);
}

TYPED_TEST(PoolUnit, TakesAPixelOrGivesOneEachCycle) {
  EXPECT_EQ(undisturbed_cycles(this->bench_, this->pixels_, this->pooled_.size()),
            this->pixels_.size() + this->pooled_.size());
}

}  // namespace
}  // namespace fluence::test
