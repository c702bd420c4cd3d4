// What every register block does with transactions that a TLM-2.0 target may get and that are no access
// to a register. (Memory, interconnect and fault socket have other rules: see their own tests.)
#include <gtest/gtest.h>

#include <memory>

#include "fluence/accel_regs.h"
#include "fluence/board.h"
#include "fluence/intc_regs.h"
#include "fluence/timer_regs.h"
#include "fluence/uart_regs.h"
#include "network/topology.hpp"
#include "sc_models/accelerator.hpp"
#include "sc_models/interconnect.hpp"
#include "sc_models/interrupt_controller.hpp"
#include "sc_models/memory.hpp"
#include "sc_models/timer.hpp"
#include "sc_models/uart.hpp"
#include "tests/support/fake_rtl_model.hpp"
#include "tests/support/tlm_initiator.hpp"

namespace fluence {
namespace {

using sc_core::sc_time;
using test::Bytes;
using test::word32;

constexpr std::uint32_t kHeld = 3;

struct Block {
  const char* name;
  std::uint64_t base;
  std::uint32_t span;   // of its registers and their copies
  std::uint32_t holds;  // a register that may be written and read
  std::uint32_t reads;  // what it reads as after kHeld has been written
};
void PrintTo(const Block& block, std::ostream* out) { *out << block.name; }

constexpr std::uint64_t kWindow = 2 * FL_BOARD_ACCEL_WINDOW;

struct RegisterBlocks : testing::TestWithParam<Block> {
  const sc_time period{10, sc_core::SC_NS};
  const Topology& net = topology("cnvW1A1");
  Accelerator accelerator{
      "accelerator", net,
      [this](AxiMemory& axi) { return std::make_unique<test::FakeRtlModel>(net, axi); }, period, 100};
  Memory memory{"memory", 0x1000, period, period};
  InterruptController intc{"intc", 2};
  Timer timer{"timer", period};
  Uart uart{"uart", period};
  Interconnect bus{"bus",
                   {{"accelerator", 0, kWindow},
                    {"intc", kWindow, kWindow},
                    {"timer", 2 * kWindow, kWindow},
                    {"uart", 3 * kWindow, kWindow}}};
  test::TlmInitiator initiator{"initiator"};
  test::TlmInitiator beam{"beam"};
  sc_core::sc_vector<sc_core::sc_signal<bool>> lines{"lines", 2};
  sc_core::sc_signal<bool> irq{"irq"};

  RegisterBlocks() {
    accelerator.mem.bind(memory.socket);
    beam.socket.bind(accelerator.fault);
    accelerator.irq.bind(lines[0]);
    timer.irq.bind(lines[1]);
    intc.lines.bind(lines);
    intc.irq.bind(irq);
    initiator.socket.bind(bus.in);
    bus.out("accelerator").bind(accelerator.regs);
    bus.out("intc").bind(intc.regs);
    bus.out("timer").bind(timer.regs);
    bus.out("uart").bind(uart.regs);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    EXPECT_EQ(initiator.write(held(), word32(kHeld)), tlm::TLM_OK_RESPONSE);
    uart.take_text();
    initiator.delay = period;  // so the UART is ready again
  }

  [[nodiscard]] static std::uint64_t held() { return GetParam().base + GetParam().holds; }

  // The register is as it was.
  void expect_untouched() {
    Bytes data(4);
    EXPECT_EQ(initiator.read(held(), data), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(test::as_word32(data), GetParam().reads);
    EXPECT_EQ(uart.take_text(), "");
  }
  // A write of `bytes` bytes that is refused, and a read that leaves its data alone.
  void expect_refused(std::uint64_t address, std::size_t bytes, tlm::tlm_response_status status) {
    EXPECT_EQ(initiator.write(address, Bytes(bytes, 0xff)), status);
    Bytes data(bytes, 0xa5);
    EXPECT_EQ(initiator.read(address, data), status);
    EXPECT_EQ(data, Bytes(bytes, 0xa5));
    expect_untouched();
  }
};

TEST_P(RegisterBlocks, RefuseWhatIsNotAligned) {
  for (std::uint64_t offset = 1; offset < 4; ++offset) {
    expect_refused(held() + offset, 4, tlm::TLM_BURST_ERROR_RESPONSE);
  }
}

TEST_P(RegisterBlocks, RefuseWhatIsNotFourBytes) {
  for (const std::size_t bytes : {1U, 2U, 3U, 5U, 8U, 64U}) {
    expect_refused(held(), bytes, tlm::TLM_BURST_ERROR_RESPONSE);
  }
  expect_refused(held(), 0, tlm::TLM_BURST_ERROR_RESPONSE);
}

TEST_P(RegisterBlocks, RefuseAStreamOfLessThanAWord) {
  for (const auto command : {tlm::TLM_READ_COMMAND, tlm::TLM_WRITE_COMMAND}) {
    tlm::tlm_generic_payload transaction;
    Bytes data(4, 0xff);
    test::TlmInitiator::fill(transaction, command, held(), data);
    transaction.set_streaming_width(2);
    EXPECT_EQ(initiator.send(transaction), tlm::TLM_BURST_ERROR_RESPONSE);
  }
  expect_untouched();
}

TEST_P(RegisterBlocks, RefuseByteEnables) {
  for (const auto command : {tlm::TLM_READ_COMMAND, tlm::TLM_WRITE_COMMAND}) {
    tlm::tlm_generic_payload transaction;
    Bytes data(4, 0xff);
    Bytes enables(4, TLM_BYTE_ENABLED);
    test::TlmInitiator::fill(transaction, command, held(), data);
    transaction.set_byte_enable_ptr(enables.data());
    transaction.set_byte_enable_length(4);
    EXPECT_EQ(initiator.send(transaction), tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  }
  expect_untouched();
}

TEST_P(RegisterBlocks, RefuseOffsetsBeyondTheirRegisters) {
  const auto& block = GetParam();
  for (const std::uint64_t offset : {std::uint64_t{block.span}, kWindow - 4}) {
    expect_refused(block.base + offset, 4, tlm::TLM_ADDRESS_ERROR_RESPONSE);
  }
}

TEST_P(RegisterBlocks, AnIgnoreCommandDoesNothing) {
  tlm::tlm_generic_payload transaction;
  Bytes data(4, 0xa5);
  test::TlmInitiator::fill(transaction, tlm::TLM_IGNORE_COMMAND, held(), data);
  EXPECT_EQ(initiator.send(transaction), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(data, Bytes(4, 0xa5));
  expect_untouched();
}

TEST_P(RegisterBlocks, HaveNoDebugAndNoDirectAccess) {
  Bytes data(4, 0xa5);
  EXPECT_EQ(initiator.debug(tlm::TLM_READ_COMMAND, held(), data), 0U);
  EXPECT_EQ(initiator.debug(tlm::TLM_WRITE_COMMAND, held(), data), 0U);
  EXPECT_EQ(data, Bytes(4, 0xa5));
  tlm::tlm_dmi dmi;
  EXPECT_FALSE(initiator.dmi(held(), dmi));
  expect_untouched();
}

TEST_P(RegisterBlocks, DoNotOfferDirectAccess) {
  tlm::tlm_generic_payload transaction;
  Bytes data(4);
  test::TlmInitiator::fill(transaction, tlm::TLM_READ_COMMAND, held(), data);
  initiator.send(transaction);
  EXPECT_FALSE(transaction.is_dmi_allowed());
}

INSTANTIATE_TEST_SUITE_P(
    Blocks, RegisterBlocks,
    testing::Values(Block{"accelerator", 0, FL_BOARD_ACCEL_WINDOW, FL_ACCEL_NUM_REPS, kHeld},
                    Block{"interrupt_controller", kWindow, FL_INTC_SPAN, FL_INTC_ENABLE, kHeld},
                    Block{"timer", 2 * kWindow, FL_TIMER_SPAN, FL_TIMER_ALARM, kHeld},
                    Block{"uart", 3 * kWindow, FL_UART_SPAN, FL_UART_DATA, 0}),
    [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace fluence
