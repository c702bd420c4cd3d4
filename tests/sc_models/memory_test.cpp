#include "sc_models/memory.hpp"

#include <gtest/gtest.h>

#include "tests/support/tlm_initiator.hpp"

namespace fluence {
namespace {

using sc_core::SC_NS;
using sc_core::sc_time;
using test::Bytes;

constexpr std::uint64_t kSize = 256;

struct MemoryTest : testing::Test {
  Memory memory{"memory", kSize, sc_time(30, SC_NS), sc_time(20, SC_NS)};
  test::TlmInitiator initiator{"initiator"};

  MemoryTest() {
    initiator.socket.bind(memory.socket);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  Bytes stored(std::uint64_t address, std::size_t length) {
    Bytes data(length);
    initiator.debug(tlm::TLM_READ_COMMAND, address, data);
    return data;
  }
};

TEST_F(MemoryTest, KeepsWhatIsWrittenAtAnyAlignment) {
  EXPECT_EQ(initiator.write(3, {1, 2, 3, 4, 5, 6, 7}), tlm::TLM_OK_RESPONSE);
  Bytes data(9);
  EXPECT_EQ(initiator.read(2, data), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(data, (Bytes{0, 1, 2, 3, 4, 5, 6, 7, 0}));
}

TEST_F(MemoryTest, AddsItsLatencyOnceATransaction) {
  initiator.delay = sc_time(5, SC_NS);
  initiator.write(0, Bytes(64));
  EXPECT_EQ(initiator.delay, sc_time(25, SC_NS));
  Bytes data(64);
  initiator.read(0, data);
  EXPECT_EQ(initiator.delay, sc_time(55, SC_NS));
}

TEST_F(MemoryTest, TheLastByteIsThereAndTheNextIsNot) {
  EXPECT_EQ(initiator.write(kSize - 1, {7}), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(initiator.write(kSize, {7}), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(initiator.write(~0ULL, {7, 7}), tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST_F(MemoryTest, RefusesABurstAcrossTheEndWhole) {
  EXPECT_EQ(initiator.write(kSize - 2, {9, 9, 9}), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(stored(kSize - 2, 2), (Bytes{0, 0}));
  EXPECT_EQ(initiator.delay, sc_core::SC_ZERO_TIME);
}

TEST_F(MemoryTest, RefusesAnEmptyTransaction) {
  EXPECT_EQ(initiator.write(0, {}), tlm::TLM_BURST_ERROR_RESPONSE);
}

TEST_F(MemoryTest, HonoursByteEnables) {
  initiator.write(0, {1, 1, 1, 1});
  tlm::tlm_generic_payload transaction;
  Bytes data{5, 6, 7, 8};
  Bytes enables{TLM_BYTE_DISABLED, TLM_BYTE_ENABLED};  // repeats over the data
  test::TlmInitiator::fill(transaction, tlm::TLM_WRITE_COMMAND, 0, data);
  transaction.set_byte_enable_ptr(enables.data());
  transaction.set_byte_enable_length(2);
  EXPECT_EQ(initiator.send(transaction), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(stored(0, 4), (Bytes{1, 6, 1, 8}));
  transaction.set_byte_enable_length(0);
  EXPECT_EQ(initiator.send(transaction), tlm::TLM_BURST_ERROR_RESPONSE);
}

TEST_F(MemoryTest, AStreamingReadRepeatsTheWindow) {
  initiator.write(8, {1, 2, 3, 4});
  tlm::tlm_generic_payload transaction;
  Bytes data(5);
  test::TlmInitiator::fill(transaction, tlm::TLM_READ_COMMAND, 8, data);
  transaction.set_streaming_width(2);
  EXPECT_EQ(initiator.send(transaction), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(data, (Bytes{1, 2, 1, 2, 1}));
}

TEST_F(MemoryTest, AStreamingWriteKeepsTheLastRound) {
  tlm::tlm_generic_payload transaction;
  Bytes data{1, 2, 3, 4};
  test::TlmInitiator::fill(transaction, tlm::TLM_WRITE_COMMAND, kSize - 2, data);
  transaction.set_streaming_width(2);
  EXPECT_EQ(initiator.send(transaction), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(stored(kSize - 2, 2), (Bytes{3, 4}));
}

TEST_F(MemoryTest, IgnoreCommandChangesNothing) {
  tlm::tlm_generic_payload transaction;
  Bytes data{5};
  test::TlmInitiator::fill(transaction, tlm::TLM_IGNORE_COMMAND, 0, data);
  EXPECT_EQ(initiator.send(transaction), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(stored(0, 1), Bytes{0});
}

TEST_F(MemoryTest, DebugAccessesAreCutAtTheEndAndTakeNoTime) {
  Bytes data{1, 2, 3};
  EXPECT_EQ(initiator.debug(tlm::TLM_WRITE_COMMAND, kSize - 2, data), 2U);
  EXPECT_EQ(stored(kSize - 2, 2), (Bytes{1, 2}));
  EXPECT_EQ(initiator.debug(tlm::TLM_READ_COMMAND, kSize, data), 0U);
  EXPECT_EQ(initiator.delay, sc_core::SC_ZERO_TIME);
}

TEST_F(MemoryTest, DirectAccessSeesTheSameBytesAndKnowsTheLatency) {
  initiator.write(5, {42});
  tlm::tlm_dmi dmi;
  ASSERT_TRUE(initiator.dmi(0, dmi));
  EXPECT_TRUE(dmi.is_read_write_allowed());
  EXPECT_EQ(dmi.get_start_address(), 0U);
  EXPECT_EQ(dmi.get_end_address(), kSize - 1);
  EXPECT_EQ(dmi.get_read_latency(), sc_time(30, SC_NS));
  EXPECT_EQ(dmi.get_write_latency(), sc_time(20, SC_NS));
  EXPECT_EQ(dmi.get_dmi_ptr()[5], 42);
  dmi.get_dmi_ptr()[6] = 43;
  EXPECT_EQ(stored(6, 1), Bytes{43});
}

}  // namespace
}  // namespace fluence
