#include "sc_models/uart.hpp"

#include <gtest/gtest.h>

#include "fluence/uart_regs.h"
#include "tests/support/tlm_initiator.hpp"

namespace fluence {
namespace {

using sc_core::sc_time;
using sc_core::SC_US;

struct UartTest : testing::Test {
  Uart uart{"uart", sc_time(10, SC_US)};
  test::TlmInitiator initiator{"initiator"};

  UartTest() { initiator.socket.bind(uart.regs); }
  void send_at(double microseconds, char letter) {
    initiator.delay = sc_time(microseconds, SC_US);
    EXPECT_EQ(initiator.write(FL_UART_DATA, test::word32(static_cast<unsigned char>(letter))),
              tlm::TLM_OK_RESPONSE);
  }
  std::uint32_t status_at(double microseconds) {
    initiator.delay = sc_time(microseconds, SC_US);
    test::Bytes data(4);
    EXPECT_EQ(initiator.read(FL_UART_STATUS, data), tlm::TLM_OK_RESPONSE);
    return test::as_word32(data);
  }
};

TEST_F(UartTest, AByteTakesItsTime) {
  EXPECT_EQ(status_at(0), FL_UART_STATUS_READY);
  send_at(1, 'a');
  EXPECT_EQ(status_at(10.9), 0U);
  EXPECT_EQ(status_at(11), FL_UART_STATUS_READY);
  send_at(11, 'b');
  EXPECT_EQ(uart.take_text(), "ab");
  EXPECT_EQ(uart.take_text(), "");
}

TEST_F(UartTest, AByteWrittenTooEarlyIsLost) {
  send_at(0, 'a');
  send_at(5, 'b');
  send_at(10, 'c');
  EXPECT_EQ(uart.take_text(), "ac");
}

TEST_F(UartTest, StatusIsReadOnly) {
  EXPECT_EQ(initiator.write(FL_UART_STATUS, test::word32(0)), tlm::TLM_COMMAND_ERROR_RESPONSE);
}

}  // namespace
}  // namespace fluence
