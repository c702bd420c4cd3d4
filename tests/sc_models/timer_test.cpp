#include "sc_models/timer.hpp"

#include <gtest/gtest.h>

#include "fluence/timer_regs.h"
#include "tests/support/tlm_initiator.hpp"

namespace fluence {
namespace {

using sc_core::SC_NS;
using sc_core::sc_time;

struct TimerTest : testing::Test {
  Timer timer{"timer", sc_time(10, SC_NS)};
  test::TlmInitiator initiator{"initiator"};
  sc_core::sc_signal<bool> irq{"irq"};

  TimerTest() {
    initiator.socket.bind(timer.regs);
    timer.irq.bind(irq);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  void at(double ns) { initiator.delay = sc_time(ns, SC_NS); }
  std::uint32_t get(std::uint32_t offset) {
    test::Bytes data(4);
    EXPECT_EQ(initiator.read(offset, data), tlm::TLM_OK_RESPONSE);
    return test::as_word32(data);
  }
  void set_alarm(std::uint32_t ticks) {
    EXPECT_EQ(initiator.write(FL_TIMER_ALARM, test::word32(ticks)), tlm::TLM_OK_RESPONSE);
  }
};

TEST_F(TimerTest, CountsTheCallersTime) {
  at(95);
  EXPECT_EQ(get(FL_TIMER_COUNT_LOW), 9U);
  at(10.0 * (3 * 4294967296.0 + 5));
  EXPECT_EQ(get(FL_TIMER_COUNT_HIGH), 0U);  // latched with the last low half
  EXPECT_EQ(get(FL_TIMER_COUNT_LOW), 5U);
  EXPECT_EQ(get(FL_TIMER_COUNT_HIGH), 3U);
}

TEST_F(TimerTest, TheAlarmGoesOffOnTimeAndStaysUntilQuieted) {
  at(30);
  set_alarm(4);
  EXPECT_EQ(get(FL_TIMER_STATUS), 0U);
  sc_core::sc_start(69, SC_NS);
  EXPECT_FALSE(irq);
  sc_core::sc_start(2, SC_NS);
  EXPECT_TRUE(irq);
  at(0);
  EXPECT_EQ(get(FL_TIMER_STATUS), FL_TIMER_STATUS_ALARM);
  set_alarm(0);
  EXPECT_EQ(get(FL_TIMER_STATUS), 0U);
  sc_core::sc_start(1, SC_NS);
  EXPECT_FALSE(irq);
}

TEST_F(TimerTest, ALaterAlarmReplacesAnEarlierOne) {
  set_alarm(2);
  set_alarm(10);
  sc_core::sc_start(99, SC_NS);
  EXPECT_FALSE(irq);
  sc_core::sc_start(2, SC_NS);
  EXPECT_TRUE(irq);
}

}  // namespace
}  // namespace fluence
