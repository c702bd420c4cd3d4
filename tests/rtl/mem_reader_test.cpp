#include <vector>

#include "mem_reader/cases.hpp"
#include "tests/rtl/support/memory_bench.hpp"

namespace fluence::test {
namespace {

using Reader = Clocked<mem_reader_default::Dut>;

struct Outcome {
  std::vector<std::uint64_t> out;
  std::uint64_t cycles = 0;
  BurstRules rules;
};

class MemReader : public testing::Test {
 protected:
  MemReader() {
    bench_->start_i = 0;
    bench_->ready_i = 0;
    bench_->m_axi_arready = 0;
    bench_->m_axi_rvalid = 0;
    bench_.reset();
  }

  // One transfer, until all words have left the reader and 50 cycles more.
  Outcome run(std::uint64_t address, std::uint64_t words, const MemoryStalls& stalls,
              std::uint64_t seed) {
    Outcome result{{}, 0, BurstRules(address, words)};
    Pauses address_pauses(stalls.address, seed);
    Pauses data_pauses(stalls.data, seed + 1000);
    Pauses stream_pauses(stalls.stream, seed + 2000);
    bool offered = false;
    const std::uint64_t limit = 1000 * words + 1000;
    for (std::uint64_t now = 0, rest = 50; rest > 0 && now < limit; ++now) {
      offered = offered || (result.rules.beats_left() > 0 && !data_pauses());
      bench_->start_i = now == 0;
      bench_->addr_i = now == 0 ? address : 0x5555;
      bench_->words_i = now == 0 ? static_cast<std::uint32_t>(words) : 0x5555;
      bench_->m_axi_arready = !address_pauses();
      bench_->m_axi_rvalid = offered;
      bench_->m_axi_rdata = offered ? content(result.rules.beat_address()) : now;
      bench_->ready_i = !stream_pauses();
      bench_.settle();
      if (offered && bench_->m_axi_rready) {
        result.rules.beat(now);
        offered = false;
      }
      if (bench_->m_axi_arvalid && bench_->m_axi_arready) {
        result.rules.request(bench_->m_axi_araddr, bench_->m_axi_arlen);
      }
      if (bench_->valid_o && bench_->ready_i) {
        result.out.push_back(bench_->data_o);
        result.cycles = now + 1;
      }
      rest -= result.out.size() >= words;
      bench_.edge();
    }
    return result;
  }

  Reader bench_;
};

TEST_F(MemReader, ReadsExactlyTheWordsAskedFor) {
  for_all_transfers([&](auto address, auto words, const auto& stalls, auto seed) {
    const auto result = run(address, words, stalls, seed);
    ASSERT_EQ(result.rules.broken(), "");
    ASSERT_TRUE(result.rules.complete());
    ASSERT_EQ(result.out.size(), words);
    for (std::uint64_t i = 0; i < words; ++i) {
      ASSERT_EQ(result.out[i], content(address + 8 * i)) << "word " << i;
    }
    ASSERT_FALSE(bench_.asserted());
  });
}

TEST_F(MemReader, ReadsAWordACycleWithinABurst) {
  const auto result = run(0x1000, 384, kNoMemoryStalls, 1);
  EXPECT_EQ(result.rules.gaps(), 0);
  // Between bursts only the cycle of the next request is lost.
  EXPECT_LE(result.cycles, 384U + 384U / 16U + 2U);
}

TEST_F(MemReader, AsksForNothingWhenNoWordIsWanted) {
  const auto result = run(0x1000, 0, kNoMemoryStalls, 1);
  EXPECT_EQ(result.rules.broken(), "");
  EXPECT_TRUE(result.out.empty());
}

TEST_F(MemReader, ResetEndsATransfer) {
  bench_->start_i = 1;
  bench_->addr_i = 0x2000;
  bench_->words_i = 100;
  bench_.cycle();
  bench_->start_i = 0;
  bench_->m_axi_arready = 1;
  bench_.cycle();
  bench_->m_axi_rvalid = 1;
  bench_.cycle();
  bench_.cycle();
  ASSERT_TRUE(bench_->valid_o);
  bench_.reset();
  bench_.settle();
  EXPECT_FALSE(bench_->valid_o);
  EXPECT_FALSE(bench_->m_axi_arvalid);
  EXPECT_FALSE(bench_->m_axi_rready);
  const auto result = run(0x1008, 17, kNoMemoryStalls, 1);
  EXPECT_EQ(result.rules.broken(), "");
  EXPECT_EQ(result.out.size(), 17U);
}

}  // namespace
}  // namespace fluence::test
