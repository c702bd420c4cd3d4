#include "sc_models/interrupt_controller.hpp"

#include <gtest/gtest.h>

#include "fluence/intc_regs.h"
#include "tests/support/tlm_initiator.hpp"

namespace fluence {
namespace {

using test::as_word32;
using test::Bytes;
using test::word32;

struct InterruptControllerTest : testing::Test {
  InterruptController intc{"intc", 3};
  sc_core::sc_vector<sc_core::sc_signal<bool>> lines{"lines", 3};
  sc_core::sc_signal<bool> irq{"irq"};
  test::TlmInitiator initiator{"initiator"};

  InterruptControllerTest() {
    initiator.socket.bind(intc.regs);
    intc.lines.bind(lines);
    intc.irq.bind(irq);
    settle();
  }
  static void settle() { sc_core::sc_start(1, sc_core::SC_NS); }
  std::uint32_t get(std::uint32_t offset) {
    Bytes data(4);
    EXPECT_EQ(initiator.read(offset, data), tlm::TLM_OK_RESPONSE);
    return as_word32(data);
  }
};

TEST_F(InterruptControllerTest, NothingIsEnabledAfterReset) {
  lines[1] = true;
  settle();
  EXPECT_FALSE(irq);
  EXPECT_EQ(get(FL_INTC_STATUS), 2U);
  EXPECT_EQ(get(FL_INTC_ENABLE), 0U);
  EXPECT_EQ(get(FL_INTC_PENDING), 0U);
}

TEST_F(InterruptControllerTest, FollowsTheEnabledLines) {
  initiator.write(FL_INTC_ENABLE, word32(0b101));
  lines[1] = true;
  settle();
  EXPECT_FALSE(irq);
  lines[2] = true;
  settle();
  EXPECT_TRUE(irq);
  EXPECT_EQ(get(FL_INTC_STATUS), 0b110U);
  EXPECT_EQ(get(FL_INTC_PENDING), 0b100U);
  lines[2] = false;
  settle();
  EXPECT_FALSE(irq);
}

TEST_F(InterruptControllerTest, EnablingALineThatIsUpInterruptsAtOnce) {
  lines[0] = true;
  settle();
  initiator.write(FL_INTC_ENABLE, word32(1));
  settle();
  EXPECT_TRUE(irq);
  initiator.write(FL_INTC_ENABLE, word32(0));
  settle();
  EXPECT_FALSE(irq);
}

TEST_F(InterruptControllerTest, AnAcknowledgedLineIsQuietUntilItIsEnded) {
  EXPECT_EQ(get(FL_INTC_ACKNOWLEDGE), FL_INTC_NONE);
  initiator.write(FL_INTC_ENABLE, word32(0b111));
  lines[1] = true;
  lines[2] = true;
  settle();
  EXPECT_EQ(get(FL_INTC_ACKNOWLEDGE), 1U);
  settle();
  EXPECT_TRUE(irq);  // line 2
  EXPECT_EQ(get(FL_INTC_PENDING), 0b100U);
  EXPECT_EQ(get(FL_INTC_ACKNOWLEDGE), 2U);
  settle();
  EXPECT_FALSE(irq);
  EXPECT_EQ(get(FL_INTC_ACTIVE), 0b110U);
  EXPECT_EQ(get(FL_INTC_ACKNOWLEDGE), FL_INTC_NONE);
  initiator.write(FL_INTC_END, word32(FL_INTC_NONE));  // ends nothing
  initiator.write(FL_INTC_END, word32(1));
  settle();
  EXPECT_TRUE(irq);  // it is still up
  EXPECT_EQ(get(FL_INTC_ACTIVE), 0b100U);
}

TEST_F(InterruptControllerTest, RefusesWhatIsNoRegisterAccess) {
  Bytes data(4);
  EXPECT_EQ(initiator.write(FL_INTC_STATUS, word32(1)), tlm::TLM_COMMAND_ERROR_RESPONSE);
  EXPECT_EQ(initiator.read(FL_INTC_SPAN, data), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(initiator.read(FL_INTC_ENABLE + 2, data), tlm::TLM_BURST_ERROR_RESPONSE);
  Bytes wide(8);
  EXPECT_EQ(initiator.read(FL_INTC_STATUS, wide), tlm::TLM_BURST_ERROR_RESPONSE);
  tlm::tlm_generic_payload transaction;
  Bytes enables(4, TLM_BYTE_ENABLED);
  test::TlmInitiator::fill(transaction, tlm::TLM_READ_COMMAND, FL_INTC_STATUS, data);
  transaction.set_byte_enable_ptr(enables.data());
  transaction.set_byte_enable_length(4);
  EXPECT_EQ(initiator.send(transaction), tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
}

}  // namespace
}  // namespace fluence
