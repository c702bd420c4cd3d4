#include <algorithm>

#include "tests/rtl/support/stream_bench.hpp"
#include "width_converter/cases.hpp"

namespace fluence::test {
namespace {

template <class Case>
class WidthConverter : public testing::Test {
 protected:
  static constexpr int kIn = Case::kInWidth;
  static constexpr int kOut = Case::kOutWidth;
  static constexpr int kNarrow = std::min(kIn, kOut);
  static constexpr int kWide = std::max(kIn, kOut);

  // Both streams are the same bits; the wide words here, cut lowest piece first.
  WidthConverter() {
    bench_.reset();
    Rng rng(2);
    const auto width = static_cast<std::size_t>(kNarrow);
    for (int i = 0; i < 100; ++i) {
      const Word word = random_word(rng, kWide);
      wide_.push_back(word);
      for (int lsb = 0; lsb < kWide; lsb += kNarrow) {
        narrow_.push_back(word << (word.size() - static_cast<std::size_t>(lsb) - width) >>
                          (word.size() - width));
      }
    }
  }

  const std::vector<Word>& in() const { return kIn == kWide ? wide_ : narrow_; }
  const std::vector<Word>& golden() const { return kIn == kWide ? narrow_ : wide_; }

  Clocked<typename Case::Dut> bench_;
  std::vector<Word> wide_;
  std::vector<Word> narrow_;
};
TYPED_TEST_SUITE(WidthConverter, width_converter_cases, CaseName);

TYPED_TEST(WidthConverter, KeepsBitsInOrder) { expect_stream(this->bench_, this->in(), this->golden()); }

TYPED_TEST(WidthConverter, ResetForgetsPartOfAWord) {
  expect_clean_reset(this->bench_, this->in(), this->golden());
}

TYPED_TEST(WidthConverter, RunsAtFullRate) {
  EXPECT_EQ(undisturbed_cycles(this->bench_, this->in(), this->golden().size()), this->narrow_.size());
}

}  // namespace
}  // namespace fluence::test
