#include <map>

#include "mem_writer/cases.hpp"
#include "tests/rtl/support/memory_bench.hpp"

namespace fluence::test {
namespace {

using Writer = Clocked<mem_writer_default::Dut>;

struct Outcome {
  std::map<std::uint64_t, std::uint64_t> memory;
  std::uint64_t taken = 0;  // from the stream
  int responses_at_done = -1;
  int responses = 0;
  int dones = 0;
  std::uint64_t cycles = 0;  // until done
  BurstRules rules;
};

class MemWriter : public testing::Test {
 protected:
  MemWriter() {
    bench_->start_i = 0;
    bench_->valid_i = 0;
    bench_->m_axi_awready = 0;
    bench_->m_axi_wready = 0;
    bench_->m_axi_bvalid = 0;
    bench_.reset();
  }

  static std::uint64_t word(std::uint64_t seed, std::uint64_t i) { return content(seed << 32 | i); }

  // One transfer, until done and 50 cycles more. The stream goes on after the transfer's last word.
  Outcome run(std::uint64_t address, std::uint64_t words, const MemoryStalls& stalls,
              std::uint64_t seed) {
    Outcome result{{}, 0, -1, 0, 0, 0, BurstRules(address, words)};
    Pauses address_pauses(stalls.address, seed);
    Pauses data_pauses(stalls.data, seed + 1000);
    Pauses response_pauses(stalls.response, seed + 2000);
    Pauses stream_pauses(stalls.stream, seed + 3000);
    bool offered = false;
    bool owed = false;
    bool responding = false;
    const std::uint64_t limit = 1000 * words + 1000;
    for (std::uint64_t now = 0, rest = 50; rest > 0 && now < limit; ++now) {
      offered = offered || !stream_pauses();
      responding = responding || (owed && !response_pauses());
      bench_->start_i = now == 0;
      bench_->addr_i = now == 0 ? address : 0x5555;
      bench_->words_i = now == 0 ? static_cast<std::uint32_t>(words) : 0x5555;
      bench_->valid_i = offered;
      bench_->data_i = offered ? word(seed, result.taken) : now;
      bench_->m_axi_awready = !address_pauses();
      bench_->m_axi_wready = !data_pauses();
      bench_->m_axi_bvalid = responding;
      bench_.settle();
      if (offered && bench_->ready_o) {
        ++result.taken;
        offered = false;
      }
      if (bench_->m_axi_wvalid && bench_->m_axi_wready) {
        const bool last = bench_->m_axi_wlast;
        result.memory[result.rules.beat(now, last)] = bench_->m_axi_wdata;
        owed = owed || last;
      }
      if (bench_->m_axi_awvalid && bench_->m_axi_awready) {
        result.rules.request(bench_->m_axi_awaddr, bench_->m_axi_awlen);
      }
      if (responding && bench_->m_axi_bready) {
        ++result.responses;
        owed = responding = false;
      }
      if (bench_->done_o) {
        ++result.dones;
        result.responses_at_done = result.responses;
        result.cycles = now + 1;
      }
      rest -= result.dones > 0;
      bench_.edge();
    }
    bench_->valid_i = 0;
    return result;
  }

  Writer bench_;
};

TEST_F(MemWriter, WritesExactlyTheWordsAskedFor) {
  for_all_transfers([&](auto address, auto words, const auto& stalls, auto seed) {
    const auto result = run(address, words, stalls, seed);
    ASSERT_EQ(result.rules.broken(), "");
    ASSERT_TRUE(result.rules.complete());
    ASSERT_EQ(result.taken, words);
    ASSERT_EQ(result.memory.size(), words);
    for (std::uint64_t i = 0; i < words; ++i) {
      ASSERT_EQ(result.memory.at(address + 8 * i), word(seed, i)) << "word " << i;
    }
    ASSERT_FALSE(bench_.asserted());
  });
}

TEST_F(MemWriter, TellsOnceAfterTheLastResponse) {
  for_all_transfers([&](auto address, auto words, const auto& stalls, auto seed) {
    const auto result = run(address, words, stalls, seed);
    const auto bursts = (address % 128 / 8 + words + 15) / 16;
    ASSERT_EQ(result.dones, 1);
    ASSERT_EQ(result.responses_at_done, static_cast<int>(bursts));
    ASSERT_EQ(result.responses, static_cast<int>(bursts));
  });
}

TEST_F(MemWriter, WritesAWordACycleWithinABurst) {
  const auto result = run(0x1000, 384, kNoMemoryStalls, 1);
  EXPECT_EQ(result.rules.gaps(), 0);
  // Between bursts: the request, the register's first word and the response.
  EXPECT_LE(result.cycles, 384U + 3U * 384U / 16U + 1U);
}

TEST_F(MemWriter, TakesNothingBeforeItIsStarted) {
  bench_->valid_i = 1;
  bench_->data_i = 7;
  bench_->m_axi_awready = 1;
  bench_->m_axi_wready = 1;
  for (int i = 0; i < 20; ++i) {
    bench_.settle();
    ASSERT_FALSE(bench_->ready_o);
    ASSERT_FALSE(bench_->m_axi_awvalid);
    ASSERT_FALSE(bench_->m_axi_wvalid);
    bench_.edge();
  }
}

}  // namespace
}  // namespace fluence::test
