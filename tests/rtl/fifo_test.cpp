#include <gmock/gmock.h>

#include "fifo/cases.hpp"
#include "tests/rtl/support/stream_bench.hpp"

namespace fluence::test {
namespace {

template <class Case>
class Fifo : public testing::Test {
 protected:
  Fifo() {
    bench_.reset();
    Rng rng(1);
    for (int i = 0; i < 3 * Case::kDepth + 100; ++i) {
      words_.push_back(random_word(rng, Case::kWidth));
    }
  }

  Clocked<typename Case::Dut> bench_;
  std::vector<Word> words_;
};
TYPED_TEST_SUITE(Fifo, fifo_cases, CaseName);

TYPED_TEST(Fifo, KeepsWordsInOrder) { expect_stream(this->bench_, this->words_, this->words_); }

TYPED_TEST(Fifo, ResetEmptiesIt) { expect_clean_reset(this->bench_, this->words_, this->words_); }

TYPED_TEST(Fifo, HoldsDepthWords) {
  auto& bench = this->bench_;
  bench->ready_i = 0;
  bench->valid_i = 1;
  for (int i = 0; i < TypeParam::kDepth; ++i) {
    set_pin(bench->data_i, this->words_[static_cast<std::size_t>(i)]);
    bench.settle();
    ASSERT_TRUE(bench->ready_o) << "word " << i;
    bench.edge();
    ASSERT_TRUE(bench->valid_o) << "word " << i;
  }
  ASSERT_FALSE(bench->ready_o);
  // Both handshakes come from registers: a word that leaves makes room in the next cycle only.
  bench->ready_i = 1;
  bench.settle();
  ASSERT_FALSE(bench->ready_o);
  bench.edge();
  ASSERT_TRUE(bench->ready_o);
  ASSERT_FALSE(bench.asserted());
}

TYPED_TEST(Fifo, RunsAtFullRate) {
  const auto words = this->words_.size();
  const auto cycles = undisturbed_cycles(this->bench_, this->words_, words);
  // One slot alone can only be filled and emptied in turn.
  EXPECT_EQ(cycles, TypeParam::kDepth == 1 ? 2 * words : words + 1);
}

// A producer that withdraws or changes a word while it is stalled makes the RTL's assertions fail.
TYPED_TEST(Fifo, AssertsThatAnOfferedWordStays) {
  for (const bool withdraw : {true, false}) {
    Clocked<typename TypeParam::Dut> bench;
    bench->valid_i = 0;
    bench->ready_i = 0;
    bench.reset();
    bench->valid_i = 1;
    set_pin(bench->data_i, Word(1));
    for (int i = 0; i < TypeParam::kDepth + 3; ++i) {
      bench.cycle();
    }
    ASSERT_FALSE(bench->ready_o);
    ASSERT_FALSE(bench.asserted());
    if (withdraw) {
      bench->valid_i = 0;
    } else {
      set_pin(bench->data_i, Word(0));
    }
    testing::internal::CaptureStdout();
    bench.cycle();
    EXPECT_THAT(testing::internal::GetCapturedStdout(),
                testing::HasSubstr(withdraw ? "FifoInValidStays" : "FifoInDataStable"));
    EXPECT_TRUE(bench.asserted());
  }
}

}  // namespace
}  // namespace fluence::test
