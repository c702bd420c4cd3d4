// Each rule of an AXI4-Lite port, on pins that keep it and on pins that break it.
#include "axil_rules/cases.hpp"
#include "tests/rtl/support/rules_bench.hpp"

namespace fluence::test {
namespace {

struct AxilRules : testing::Test {
  RulesBench<axil_rules_default::Dut> bench;

  AxilRules() {
    auto& p = bench.pins();
    p.awaddr_i = p.awvalid_i = p.awready_i = 0;
    p.wstrb_i = p.wvalid_i = p.wready_i = 0;
    p.bvalid_i = p.bready_i = 0;
    p.araddr_i = p.arvalid_i = p.arready_i = 0;
    p.rvalid_i = p.rready_i = 0;
    p.wdata_i = p.rdata_i = 0;
    bench.reset();
  }

  // Each is taken at once.
  void write() {
    bench->awvalid_i = bench->awready_i = bench->wvalid_i = bench->wready_i = 1;
    bench.cycle();
    bench->awvalid_i = bench->awready_i = bench->wvalid_i = bench->wready_i = 0;
  }
  void respond() {
    bench->bvalid_i = bench->bready_i = 1;
    bench.cycle();
    bench->bvalid_i = bench->bready_i = 0;
  }
  void read() {
    bench->arvalid_i = bench->arready_i = 1;
    bench.cycle();
    bench->arvalid_i = bench->arready_i = 0;
  }
  void value(std::uint32_t word) {
    bench->rdata_i = word;
    bench->rvalid_i = bench->rready_i = 1;
    bench.cycle();
    bench->rvalid_i = bench->rready_i = 0;
  }
};

TEST_F(AxilRules, AcceptProperAccesses) {
  bench->awaddr_i = 0x10;
  bench->awvalid_i = 1;
  bench.cycle();
  bench->wdata_i = 5;
  bench->wvalid_i = 1;
  bench.cycles(2);
  write();
  bench->bvalid_i = 1;
  bench.cycles(2);
  respond();
  bench->arvalid_i = 1;
  bench.cycles(2);
  read();
  bench->rdata_i = 5;
  bench->rvalid_i = 1;
  bench.cycles(2);
  value(5);
  bench.cycle();
  EXPECT_EQ(bench.broken(), "");
}

TEST_F(AxilRules, TheWriteAddressStays) {
  bench->awvalid_i = 1;
  bench.cycle();
  bench->awaddr_i = 4;
  bench.cycle();
  EXPECT_EQ(bench.broken(), "Aw: word changed while stalled");
}
TEST_F(AxilRules, TheWriteRequestStays) {
  bench->awvalid_i = 1;
  bench.cycle();
  bench->awvalid_i = 0;
  bench.cycle();
  EXPECT_EQ(bench.broken(), "Aw: awvalid_i withdrawn before awready_i");
}
TEST_F(AxilRules, TheDataStay) {
  bench->wvalid_i = 1;
  bench.cycle();
  bench->wstrb_i = 1;
  bench.cycle();
  EXPECT_EQ(bench.broken(), "W: word changed while stalled");
}
TEST_F(AxilRules, TheDatasValidStays) {
  bench->wvalid_i = 1;
  bench.cycle();
  bench->wvalid_i = 0;
  bench.cycle();
  EXPECT_EQ(bench.broken(), "W: wvalid_i withdrawn before wready_i");
}
TEST_F(AxilRules, TheResponseStays) {
  write();
  bench->bvalid_i = 1;
  bench.cycle();
  bench->bvalid_i = 0;
  bench.cycle();
  EXPECT_EQ(bench.broken(), "B: bvalid_i withdrawn before bready_i");
}
TEST_F(AxilRules, TheReadAddressStays) {
  bench->arvalid_i = 1;
  bench.cycle();
  bench->araddr_i = 4;
  bench.cycle();
  EXPECT_EQ(bench.broken(), "Ar: word changed while stalled");
}
TEST_F(AxilRules, TheReadRequestStays) {
  bench->arvalid_i = 1;
  bench.cycle();
  bench->arvalid_i = 0;
  bench.cycle();
  EXPECT_EQ(bench.broken(), "Ar: arvalid_i withdrawn before arready_i");
}
TEST_F(AxilRules, TheValueStays) {
  read();
  bench->rvalid_i = 1;
  bench.cycle();
  bench->rdata_i = 4;
  bench.cycle();
  EXPECT_EQ(bench.broken(), "R: word changed while stalled");
}
TEST_F(AxilRules, TheValuesValidStays) {
  read();
  bench->rvalid_i = 1;
  bench.cycle();
  bench->rvalid_i = 0;
  bench.cycle();
  EXPECT_EQ(bench.broken(), "R: rvalid_i withdrawn before rready_i");
}
TEST_F(AxilRules, AddressAndDataAreTakenTogether) {
  bench->awvalid_i = bench->awready_i = 1;
  bench.cycle();
  EXPECT_EQ(bench.broken(), "WriteIsTakenWhole: address and data were not taken together");
}
TEST_F(AxilRules, OneResponseAWrite) {
  write();
  respond();
  EXPECT_EQ(bench.broken(), "");
  respond();
  EXPECT_EQ(bench.broken(), "BWasEarned: a response without a write");
}
TEST_F(AxilRules, OneValueARead) {
  read();
  value(1);
  EXPECT_EQ(bench.broken(), "");
  value(1);
  EXPECT_EQ(bench.broken(), "RWasAskedFor: a value that nobody asked for");
}

}  // namespace
}  // namespace fluence::test
