// Each rule of an AXI4 read port, on pins that keep it and on pins that break it.
#include "axi_read_rules/cases.hpp"
#include "tests/rtl/support/rules_bench.hpp"

namespace fluence::test {
namespace {

struct AxiReadRules : testing::Test {
  RulesBench<axi_read_rules_default::Dut> bench;

  AxiReadRules() {
    auto& p = bench.pins();
    p.araddr_i = p.arlen_i = p.arvalid_i = p.arready_i = 0;
    p.rdata_i = p.rvalid_i = p.rready_i = 0;
    bench.reset();
  }

  // A request that is taken at once.
  void request(std::uint64_t address, unsigned length) {
    bench->araddr_i = address;
    bench->arlen_i = static_cast<std::uint8_t>(length);
    bench->arvalid_i = bench->arready_i = 1;
    bench.cycle();
    bench->arvalid_i = bench->arready_i = 0;
  }
  void beat(std::uint64_t word) {
    bench->rdata_i = word;
    bench->rvalid_i = bench->rready_i = 1;
    bench.cycle();
    bench->rvalid_i = bench->rready_i = 0;
  }
};

TEST_F(AxiReadRules, AcceptAProperTransfer) {
  bench->araddr_i = 0x0f80;
  bench->arlen_i = 15;
  bench->arvalid_i = 1;
  bench.cycles(3);
  request(0x0f80, 15);
  for (std::uint64_t i = 0; i < 16; ++i) {
    bench->rdata_i = i;
    bench->rvalid_i = 1;
    bench.cycles(2);
    beat(i);
  }
  bench.cycles(2);
  EXPECT_EQ(bench.broken(), "");
}

TEST_F(AxiReadRules, TheRequestStays) {
  bench->arvalid_i = 1;
  bench.cycle();
  bench->arvalid_i = 0;
  bench.cycle();
  EXPECT_EQ(bench.broken(), "Ar: arvalid_i withdrawn before arready_i");
}
TEST_F(AxiReadRules, TheAddressStays) {
  bench->arvalid_i = 1;
  bench.cycle();
  bench->araddr_i = 8;
  bench.cycle();
  EXPECT_EQ(bench.broken(), "Ar: word changed while stalled");
}
TEST_F(AxiReadRules, TheLengthStays) {
  bench->arvalid_i = 1;
  bench.cycle();
  bench->arlen_i = 1;
  bench.cycle();
  EXPECT_EQ(bench.broken(), "Ar: word changed while stalled");
}
TEST_F(AxiReadRules, NoBurstCrosses4K) {
  request(0x1ff0, 1);
  EXPECT_EQ(bench.broken(), "");
  request(0x1ff0, 2);
  EXPECT_EQ(bench.broken(), "ArWithin4K: a burst across a 4 KB boundary");
}
TEST_F(AxiReadRules, TheBeatStays) {
  request(0, 1);
  bench->rvalid_i = 1;
  bench.cycle();
  bench->rvalid_i = 0;
  bench.cycle();
  EXPECT_EQ(bench.broken(), "R: rvalid_i withdrawn before rready_i");
}
TEST_F(AxiReadRules, TheDataStay) {
  request(0, 1);
  bench->rvalid_i = 1;
  bench.cycle();
  bench->rdata_i = 1;
  bench.cycle();
  EXPECT_EQ(bench.broken(), "R: word changed while stalled");
}
TEST_F(AxiReadRules, NoMoreBeatsThanAskedFor) {
  request(0, 1);
  beat(1);
  beat(2);
  EXPECT_EQ(bench.broken(), "");
  beat(3);
  EXPECT_EQ(bench.broken(), "RWasAskedFor: a beat that nobody asked for");
}
TEST_F(AxiReadRules, ResetEndsWhatWasOpen) {
  request(0, 1);
  bench->arvalid_i = 1;
  bench.cycle();
  bench->arvalid_i = 0;
  bench.reset();
  EXPECT_EQ(bench.broken(), "");
  beat(1);
  EXPECT_EQ(bench.broken(), "RWasAskedFor: a beat that nobody asked for");
}

}  // namespace
}  // namespace fluence::test
