#include "tests/rtl/support/stream_bench.hpp"
#include "window/cases.hpp"

namespace fluence::test {
namespace {

template <class Case>
class WindowUnit : public testing::Test {
 protected:
  static constexpr int kImages = 3;
  static constexpr int kPixelWords = Case::kChannels / Case::kSimd;

  WindowUnit() {
    bench_.reset();
    Rng rng(6);
    for (int i = 0; i < kImages * Case::kInHeight * Case::kInWidth * kPixelWords; ++i) {
      image_words_.push_back(random_word(rng, Case::kSimd * Case::kBits));
    }
    for (int image = 0; image < kImages; ++image) {
      for (int y = 0; y < Case::kOutHeight; ++y) {
        for (int x = 0; x < Case::kOutWidth; ++x) {
          add_window(image, y * Case::kStrideY - Case::kTop, x * Case::kStrideX - Case::kLeft);
        }
      }
    }
  }

  // Column of the matrix: q = (ky * width + kx) * channels + c.
  void add_window(int image, int top, int left) {
    for (int y = top; y < top + Case::kKernelHeight; ++y) {
      for (int x = left; x < left + Case::kKernelWidth; ++x) {
        for (int c = 0; c < kPixelWords; ++c) {
          window_words_.push_back(word(image, y, x, c));
        }
      }
    }
  }

  Word word(int image, int y, int x, int c) const {
    if (y < 0 || y >= Case::kInHeight || x < 0 || x >= Case::kInWidth) {
      return {};
    }
    const int line = image * Case::kInHeight + y;
    return image_words_.at(static_cast<std::size_t>((line * Case::kInWidth + x) * kPixelWords + c));
  }

  Clocked<typename Case::Dut> bench_;
  std::vector<Word> image_words_;
  std::vector<Word> window_words_;
};
TYPED_TEST_SUITE(WindowUnit, window_cases, CaseName);

TYPED_TEST(WindowUnit, EmitsWindowsOfConsecutiveImages) {
  expect_stream(this->bench_, this->image_words_, this->window_words_);
}

TYPED_TEST(WindowUnit, ResetStartsAnImageAfresh) {
  expect_clean_reset(this->bench_, this->image_words_, this->window_words_);
}

TYPED_TEST(WindowUnit, TakesAWordOrGivesOneEachCycle) {
  EXPECT_EQ(undisturbed_cycles(this->bench_, this->image_words_, this->window_words_.size()),
            this->image_words_.size() + this->window_words_.size());
}

}  // namespace
}  // namespace fluence::test
