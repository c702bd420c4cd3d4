#include "sliding_window/cases.hpp"
#include "tests/rtl/support/stream_bench.hpp"

namespace fluence::test {
namespace {

template <class Case>
class SlidingWindow : public testing::Test {
 protected:
  static constexpr int kImages = 4;
  static constexpr int kPixelWords = Case::kChannels / Case::kSimd;
  static constexpr int kLineWords = Case::kInDim * kPixelWords;
  static constexpr int kRowWords = Case::kOutDim * Case::kKernel * Case::kKernel * kPixelWords;

  SlidingWindow() {
    bench_.reset();
    Rng rng(3);
    for (int i = 0; i < kImages * Case::kInDim * kLineWords; ++i) {
      image_words_.push_back(random_word(rng, Case::kSimd * Case::kBits));
    }
    for (int image = 0; image < kImages; ++image) {
      for (int y = 0; y < Case::kOutDim; ++y) {
        for (int x = 0; x < Case::kOutDim; ++x) {
          add_window(image, y, x);
        }
      }
    }
  }

  // Column of the matrix: q = (ky * kernel + kx) * channels + c.
  void add_window(int image, int y, int x) {
    for (int ky = 0; ky < Case::kKernel; ++ky) {
      for (int kx = 0; kx < Case::kKernel; ++kx) {
        for (int c = 0; c < kPixelWords; ++c) {
          const int line = image * Case::kInDim + y + ky;
          window_words_.push_back(image_words_.at(
              static_cast<std::size_t>((line * Case::kInDim + x + kx) * kPixelWords + c)));
        }
      }
    }
  }

  Clocked<typename Case::Dut> bench_;
  std::vector<Word> image_words_;
  std::vector<Word> window_words_;
};
TYPED_TEST_SUITE(SlidingWindow, sliding_window_cases, CaseName);

TYPED_TEST(SlidingWindow, EmitsWindowsOfConsecutiveImages) {
  expect_stream(this->bench_, this->image_words_, this->window_words_);
}

TYPED_TEST(SlidingWindow, ResetStartsAnImageAfresh) {
  expect_clean_reset(this->bench_, this->image_words_, this->window_words_);
}

// An image fills Kernel lines and then emits its windows, a word a cycle; the other lines enter
// meanwhile.
TYPED_TEST(SlidingWindow, RunsAtFullRate) {
  const int image_cycles = TypeParam::kKernel * this->kLineWords + TypeParam::kOutDim * this->kRowWords;
  EXPECT_EQ(undisturbed_cycles(this->bench_, this->image_words_, this->window_words_.size()),
            static_cast<std::uint64_t>(this->kImages * image_cycles));
}

// While the consumer waits, the block takes the lines that fit before the first window and no more.
TYPED_TEST(SlidingWindow, TakesOnlyKernelLinesWhileBlocked) {
  auto& bench = this->bench_;
  bench->ready_i = 0;
  bench->valid_i = 1;
  set_pin(bench->data_i, this->image_words_[0]);
  int taken = 0;
  for (int i = 0; i < 10 * this->kLineWords; ++i) {
    bench.settle();
    taken += bench->ready_o;
    bench.edge();
  }
  EXPECT_EQ(taken, TypeParam::kKernel * this->kLineWords);
  EXPECT_FALSE(bench.asserted());
}

}  // namespace
}  // namespace fluence::test
