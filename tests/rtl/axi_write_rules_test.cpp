// Each rule of an AXI4 write port, on pins that keep it and on pins that break it.
#include "axi_write_rules/cases.hpp"
#include "tests/rtl/support/rules_bench.hpp"

namespace fluence::test {
namespace {

struct AxiWriteRules : testing::Test {
  RulesBench<axi_write_rules_default::Dut> bench;

  AxiWriteRules() {
    auto& p = bench.pins();
    p.awaddr_i = p.awlen_i = p.awvalid_i = p.awready_i = 0;
    p.wdata_i = p.wlast_i = p.wvalid_i = p.wready_i = 0;
    p.bvalid_i = p.bready_i = 0;
    bench.reset();
  }

  // Each is taken at once.
  void request(std::uint64_t address, unsigned length) {
    bench->awaddr_i = address;
    bench->awlen_i = static_cast<std::uint8_t>(length);
    bench->awvalid_i = bench->awready_i = 1;
    bench.cycle();
    bench->awvalid_i = bench->awready_i = 0;
  }
  void beat(std::uint64_t word, bool last) {
    bench->wdata_i = word;
    bench->wlast_i = last;
    bench->wvalid_i = bench->wready_i = 1;
    bench.cycle();
    bench->wvalid_i = bench->wready_i = 0;
  }
  void respond() {
    bench->bvalid_i = bench->bready_i = 1;
    bench.cycle();
    bench->bvalid_i = bench->bready_i = 0;
  }
};

TEST_F(AxiWriteRules, AcceptProperTransfers) {
  for (const unsigned length : {0U, 3U, 15U}) {
    bench->awaddr_i = 0x1000;
    bench->awlen_i = static_cast<std::uint8_t>(length);
    bench->awvalid_i = 1;
    bench.cycles(3);
    request(0x1000, length);
    for (unsigned i = 0; i <= length; ++i) {
      bench->wdata_i = i;
      bench->wlast_i = i == length;
      bench->wvalid_i = 1;
      bench.cycles(2);
      beat(i, i == length);
    }
    bench->bvalid_i = 1;
    bench.cycles(2);
    respond();
  }
  EXPECT_EQ(bench.broken(), "");
}

TEST_F(AxiWriteRules, TheRequestStays) {
  bench->awvalid_i = 1;
  bench.cycle();
  bench->awvalid_i = 0;
  bench.cycle();
  EXPECT_EQ(bench.broken(), "Aw: awvalid_i withdrawn before awready_i");
}
TEST_F(AxiWriteRules, TheAddressStays) {
  bench->awvalid_i = 1;
  bench.cycle();
  bench->awaddr_i = 8;
  bench.cycle();
  EXPECT_EQ(bench.broken(), "Aw: word changed while stalled");
}
TEST_F(AxiWriteRules, TheBeatStays) {
  request(0, 1);
  bench->wvalid_i = 1;
  bench.cycle();
  bench->wvalid_i = 0;
  bench.cycle();
  EXPECT_EQ(bench.broken(), "W: wvalid_i withdrawn before wready_i");
}
TEST_F(AxiWriteRules, TheDataStay) {
  request(0, 1);
  bench->wvalid_i = 1;
  bench.cycle();
  bench->wdata_i = 1;
  bench.cycle();
  EXPECT_EQ(bench.broken(), "W: word changed while stalled");
}
TEST_F(AxiWriteRules, TheResponseStays) {
  request(0, 0);
  beat(1, true);
  bench->bvalid_i = 1;
  bench.cycle();
  bench->bvalid_i = 0;
  bench.cycle();
  EXPECT_EQ(bench.broken(), "B: bvalid_i withdrawn before bready_i");
}
TEST_F(AxiWriteRules, NoBurstCrosses4K) {
  request(0x0ff8, 1);
  EXPECT_EQ(bench.broken(), "AwWithin4K: a burst across a 4 KB boundary");
}
TEST_F(AxiWriteRules, NoBurstBeforeTheLastOnesData) {
  request(0, 1);
  beat(1, false);
  request(0x80, 1);
  EXPECT_EQ(bench.broken(), "AwOneAtATime: a burst before the last one's end");
}
TEST_F(AxiWriteRules, NoBurstBeforeTheLastOnesResponse) {
  request(0, 0);
  beat(1, true);
  request(0x80, 0);
  EXPECT_EQ(bench.broken(), "AwOneAtATime: a burst before the last one's end");
}
TEST_F(AxiWriteRules, NoDataWithoutAnAddress) {
  beat(1, false);
  EXPECT_EQ(bench.broken(), "WFollowsAw: a beat without an address");
}
TEST_F(AxiWriteRules, LastIsNotEarly) {
  request(0, 1);
  beat(1, true);
  EXPECT_EQ(bench.broken(), "WLastIsLast: wlast on the wrong beat");
}
TEST_F(AxiWriteRules, LastIsNotMissing) {
  request(0, 1);
  beat(1, false);
  EXPECT_EQ(bench.broken(), "");
  beat(2, false);
  EXPECT_EQ(bench.broken(), "WLastIsLast: wlast on the wrong beat");
}
TEST_F(AxiWriteRules, NoResponseBeforeTheLastBeat) {
  request(0, 1);
  beat(1, false);
  respond();
  EXPECT_EQ(bench.broken(), "BWasEarned: a response without a burst");
}
TEST_F(AxiWriteRules, OneResponseABurst) {
  request(0, 0);
  beat(1, true);
  respond();
  EXPECT_EQ(bench.broken(), "");
  respond();
  EXPECT_EQ(bench.broken(), "BWasEarned: a response without a burst");
}

}  // namespace
}  // namespace fluence::test
