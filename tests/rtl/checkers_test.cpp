// Every check of the benches, on a block that deserves it. (The blocks here are plain C++ with the pins
// of a Verilated one.)
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include "tests/rtl/support/burst_rules.hpp"
#include "tests/rtl/support/stream_bench.hpp"

namespace fluence::test {
namespace {

// A wire from input to output.
struct Wire {
  explicit Wire(VerilatedContext* /*context*/) {}
  void eval() {
    data_o = data_i;
    valid_o = valid_i;
    ready_o = ready_i;
    alter();
  }
  virtual void alter() {}
  void final() {}
  virtual ~Wire() = default;

  std::uint8_t clk_i = 0;
  std::uint8_t rst_ni = 0;
  std::uint8_t data_i = 0;
  std::uint8_t valid_i = 0;
  std::uint8_t ready_o = 0;
  std::uint8_t data_o = 0;
  std::uint8_t valid_o = 0;
  std::uint8_t ready_i = 0;
};

struct ValidWaitsForReady : Wire {
  using Wire::Wire;
  void alter() override { valid_o = valid_i & ready_i; }
};
struct DataDependOnReady : Wire {
  using Wire::Wire;
  void alter() override { data_o = ready_i != 0 ? data_i : 0; }
};
struct Deaf : Wire {
  using Wire::Wire;
  void alter() override { ready_o = valid_o = 0; }
};
struct Wrong : Wire {
  using Wire::Wire;
  void alter() override { data_o = static_cast<std::uint8_t>(data_i ^ (data_i == 3 ? 1 : 0)); }
};
struct Talkative : Wire {
  using Wire::Wire;
  void alter() override { valid_o = 1; }
};
// Gives words that it never takes.
struct Hoarse : Wire {
  using Wire::Wire;
  void alter() override { ready_o = 0; }
};

const std::vector<Word>& words() {
  static const std::vector<Word> list = {1, 2, 3, 4, 5};
  return list;
}

template <class Block>
void bench_of() {
  Clocked<Block> bench;
  expect_transfer(bench, words(), words(), kNoStalls, 1);
}

TEST(StreamBench, AcceptsAWire) {
  Clocked<Wire> bench;
  expect_stream(bench, words(), words());
}
TEST(StreamBench, ValidMustNotWaitForReady) {
  EXPECT_FATAL_FAILURE(bench_of<ValidWaitsForReady>(), "the output waits for ready");
}
TEST(StreamBench, DataMustNotDependOnReady) {
  EXPECT_FATAL_FAILURE(bench_of<DataDependOnReady>(), "the output waits for ready");
}
TEST(StreamBench, NoticesAHang) { EXPECT_FATAL_FAILURE(bench_of<Deaf>(), "nothing moves any more"); }
TEST(StreamBench, NoticesAWrongWord) { EXPECT_FATAL_FAILURE(bench_of<Wrong>(), "word 2"); }
TEST(StreamBench, NoticesSurplusWords) { EXPECT_FATAL_FAILURE(bench_of<Talkative>(), "surplus"); }
TEST(StreamBench, NoticesWordsLeftBehind) { EXPECT_FATAL_FAILURE(bench_of<Hoarse>(), "taken"); }

TEST(BurstRules, AcceptsAProperTransfer) {
  BurstRules rules(0x0ff8, 18);
  rules.request(0x0ff8, 0);
  EXPECT_EQ(rules.beat(1, true), 0x0ff8U);
  rules.request(0x1000, 15);
  for (unsigned i = 0; i < 16; ++i) {
    EXPECT_EQ(rules.beat(2 + i, i == 15), 0x1000U + 8U * i);
  }
  rules.request(0x1080, 0);
  EXPECT_FALSE(rules.complete());
  rules.beat(18, true);
  EXPECT_TRUE(rules.complete());
  EXPECT_EQ(rules.broken(), "");
  EXPECT_EQ(rules.gaps(), 0);
}
TEST(BurstRules, NoRequestWhileABurstIsOutstanding) {
  BurstRules rules(0, 32);
  rules.request(0, 15);
  rules.request(128, 15);
  EXPECT_EQ(rules.broken(), "a request while a burst is outstanding");
}
TEST(BurstRules, BurstsFollowEachOther) {
  BurstRules rules(0, 32);
  rules.request(8, 14);
  EXPECT_EQ(rules.broken(), "a burst that does not follow the previous one");
}
TEST(BurstRules, NoMoreWordsThanAskedFor) {
  BurstRules rules(0, 3);
  rules.request(0, 3);
  EXPECT_EQ(rules.broken(), "more words than asked for");
}
TEST(BurstRules, NoBurstCrosses4K) {
  BurstRules rules(0x0ff8, 2);
  rules.request(0x0ff8, 1);
  EXPECT_EQ(rules.broken(), "a burst across a 4 KB boundary");
}
TEST(BurstRules, BurstsEndAt128Bytes) {
  BurstRules rules(0x78, 16);
  rules.request(0x78, 15);
  EXPECT_EQ(rules.broken(), "a burst that does not end at 128 bytes");
}
TEST(BurstRules, NoBeatWithoutARequest) {
  BurstRules rules(0, 1);
  rules.beat(1);
  EXPECT_EQ(rules.broken(), "a beat without a request");
}
TEST(BurstRules, LastMarksTheLastBeatOnly) {
  for (const bool early : {true, false}) {
    BurstRules rules(0, 2);
    rules.request(0, 1);
    rules.beat(1, early);
    rules.beat(2, false);
    EXPECT_EQ(rules.broken(), "wlast on the wrong beat");
  }
}
TEST(BurstRules, CountsGaps) {
  BurstRules rules(0, 4);
  rules.request(0, 3);
  for (const std::uint64_t now : {5U, 6U, 8U, 9U}) {
    rules.beat(now);
  }
  EXPECT_EQ(rules.gaps(), 1);
}

}  // namespace
}  // namespace fluence::test
