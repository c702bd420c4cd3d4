#include "sc_models/interconnect.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "sc_models/memory.hpp"
#include "tests/support/tlm_initiator.hpp"

namespace fluence {
namespace {

using sc_core::SC_ZERO_TIME;
using test::Bytes;

struct InterconnectTest : testing::Test {
  Interconnect bus{"bus", {{"low", 0x1000, 0x100}, {"high", 0x4000'0000, 0x40}}};
  Memory low{"low", 0x100, SC_ZERO_TIME, SC_ZERO_TIME};
  Memory high{"high", 0x80, SC_ZERO_TIME, SC_ZERO_TIME};  // larger than its window
  test::TlmInitiator first{"first"};
  test::TlmInitiator second{"second"};

  InterconnectTest() {
    first.socket.bind(bus.in);
    second.socket.bind(bus.in);
    bus.out("low").bind(low.socket);
    bus.out("high").bind(high.socket);
    sc_core::sc_start(SC_ZERO_TIME);
  }
};

TEST_F(InterconnectTest, RoutesByAddressAndSubtractsTheBase) {
  EXPECT_EQ(first.write(0x1004, {1}), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(second.write(0x4000'0004, {2}), tlm::TLM_OK_RESPONSE);
  Bytes data(1);
  EXPECT_EQ(second.read(0x1004, data), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(data, Bytes{1});
  EXPECT_EQ(first.debug(tlm::TLM_READ_COMMAND, 0x4000'0004, data), 1U);
  EXPECT_EQ(data, Bytes{2});
}

TEST_F(InterconnectTest, UnmappedAddressesAreErrors) {
  Bytes data(1);
  for (const std::uint64_t address : {0x0ULL, 0xfffULL, 0x1100ULL, 0x4000'0040ULL, ~0ULL}) {
    EXPECT_EQ(first.write(address, {1}), tlm::TLM_ADDRESS_ERROR_RESPONSE) << address;
    EXPECT_EQ(first.debug(tlm::TLM_READ_COMMAND, address, data), 0U) << address;
    tlm::tlm_dmi dmi;
    EXPECT_FALSE(first.dmi(address, dmi)) << address;
  }
}

TEST_F(InterconnectTest, AnAccessMustLieInOneRegion) {
  EXPECT_EQ(first.write(0x4000'003f, {1, 2}), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  Bytes data{1, 2, 3};
  EXPECT_EQ(first.debug(tlm::TLM_WRITE_COMMAND, 0x4000'003e, data), 2U);
}

TEST_F(InterconnectTest, DirectAccessIsTranslatedAndCutToTheWindow) {
  tlm::tlm_dmi dmi;
  ASSERT_TRUE(first.dmi(0x4000'0010, dmi));
  EXPECT_EQ(dmi.get_start_address(), 0x4000'0000U);
  EXPECT_EQ(dmi.get_end_address(), 0x4000'003fU);
}

TEST_F(InterconnectTest, InvalidationReachesEveryInitiatorInItsOwnAddresses) {
  high.socket->invalidate_direct_mem_ptr(0x10, 0x7f);
  for (const auto* initiator : {&first, &second}) {
    EXPECT_EQ(initiator->invalidations, 1);
    EXPECT_EQ(initiator->invalid_first, 0x4000'0010U);
    EXPECT_EQ(initiator->invalid_last, 0x4000'003fU);
  }
}

TEST(InterconnectMap, MustNotOverlapOrBeEmpty) {
  EXPECT_THROW(Interconnect("a", {{"x", 0, 0x100}, {"y", 0xff, 1}}), std::invalid_argument);
  EXPECT_THROW(Interconnect("b", {{"x", 0, 0}}), std::invalid_argument);
  EXPECT_THROW(Interconnect("c", {{"x", ~0ULL, 2}}), std::invalid_argument);
}

}  // namespace
}  // namespace fluence
