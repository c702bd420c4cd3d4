#include "tests/rtl/support/stream_bench.hpp"
#include "word_packer/cases.hpp"

namespace fluence::test {
namespace {

template <class Case>
class WordPacker : public testing::Test {
 protected:
  static constexpr int kImages = 12;

  WordPacker() {
    // What it holds at power-up is random and, unless something moves before the reset, stays.
    bench_->valid_i = 0;
    bench_->ready_i = 0;
    bench_.reset();
    Rng rng(8);
    for (int image = 0; image < kImages; ++image) {
      std::vector<bool> bits;
      for (int i = 0; i < Case::kWordsIn; ++i) {
        const Word word = random_word(rng, Case::kInWidth);
        in_.push_back(word);
        for (int bit = 0; bit < Case::kInWidth; ++bit) {
          if (bit % Case::kSlotBits < Case::kValueBits) {
            bits.push_back(word.test(static_cast<std::size_t>(bit)));
          }
        }
      }
      bits.resize(static_cast<std::size_t>(Case::kWordsOut * Case::kOutWidth));
      for (int i = 0; i < Case::kWordsOut; ++i) {
        Word word;
        for (int bit = 0; bit < Case::kOutWidth; ++bit) {
          word.set(static_cast<std::size_t>(bit),
                   bits.at(static_cast<std::size_t>(i * Case::kOutWidth + bit)));
        }
        golden_.push_back(word);
      }
    }
  }

  Clocked<typename Case::Dut> bench_;
  std::vector<Word> in_;
  std::vector<Word> golden_;
};
TYPED_TEST_SUITE(WordPacker, word_packer_cases, CaseName);

TYPED_TEST(WordPacker, PacksConsecutiveImages) { expect_stream(this->bench_, this->in_, this->golden_); }

TYPED_TEST(WordPacker, ResetForgetsPartOfAnImage) {
  expect_clean_reset(this->bench_, this->in_, this->golden_);
}

TYPED_TEST(WordPacker, TakesAWordOrGivesOneEachCycle) {
  EXPECT_EQ(undisturbed_cycles(this->bench_, this->in_, this->golden_.size()),
            this->in_.size() + this->golden_.size());
}

}  // namespace
}  // namespace fluence::test
