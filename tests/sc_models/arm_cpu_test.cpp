// ARM code on the instruction-set simulator, assembled by hand: time, interrupts, and its ends.
#include "sc_models/arm_cpu.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "base/error.hpp"
#include "fluence/intc_regs.h"
#include "fluence/timer_regs.h"
#include "sc_models/interconnect.hpp"
#include "sc_models/interrupt_controller.hpp"
#include "sc_models/memory.hpp"
#include "sc_models/timer.hpp"
#include "tests/support/tlm_initiator.hpp"

namespace fluence {
namespace {

using sc_core::SC_NS;
using sc_core::sc_time;
using testing::AllOf;
using testing::HasSubstr;

constexpr std::uint32_t kEntry = 0x100;
constexpr std::uint32_t kTimer = 0x10'0000;
constexpr std::uint32_t kIntc = 0x20'0000;
constexpr std::uint32_t kButton = 0x30'0000;

// Instructions that the programs here are made of.
constexpr std::uint32_t kWfi = 0xe320f003, kUdf = 0xe7f000f0, kSelf = 0xeafffffe;
constexpr std::uint32_t kUnmask = 0xf1080080, kMask = 0xf10c0080;
constexpr std::uint32_t kReturn = 0xe25ef004;  // subs pc, lr, #4
constexpr std::uint32_t mov(std::uint32_t reg, std::uint32_t imm8) {
  return 0xe3a00000 | reg << 12 | imm8;
}
// mov reg, #imm8 << 20
constexpr std::uint32_t mov20(std::uint32_t reg, std::uint32_t imm8) { return mov(reg, imm8) | 6U << 8; }
constexpr std::uint32_t add(std::uint32_t reg, std::uint32_t imm8) {
  return 0xe2800000 | reg << 16 | reg << 12 | imm8;
}
constexpr std::uint32_t str(std::uint32_t reg, std::uint32_t base, std::uint32_t offset) {
  return 0xe5800000 | base << 16 | reg << 12 | offset;
}
constexpr std::uint32_t ldr(std::uint32_t reg, std::uint32_t base, std::uint32_t offset) {
  return 0xe5900000 | base << 16 | reg << 12 | offset;
}

// Memory whose direct access is withdrawn by every write to another socket.
struct Withdrawer : sc_core::sc_module {
  tlm_utils::simple_target_socket<Withdrawer> in;
  tlm_utils::simple_target_socket<Withdrawer> button;
  tlm_utils::simple_initiator_socket<Withdrawer> out;
  int asked = 0;
  int withdrawn = 0;

  explicit Withdrawer(const sc_core::sc_module_name& name)
      : sc_module(name), in("in"), button("button"), out("out") {
    in.register_b_transport(this, &Withdrawer::pass);
    in.register_transport_dbg(this, &Withdrawer::pass_debug);
    in.register_get_direct_mem_ptr(this, &Withdrawer::pass_direct);
    button.register_b_transport(this, &Withdrawer::press);
  }
  void pass(tlm::tlm_generic_payload& transaction, sc_time& delay) {
    out->b_transport(transaction, delay);
  }
  unsigned pass_debug(tlm::tlm_generic_payload& transaction) { return out->transport_dbg(transaction); }
  bool pass_direct(tlm::tlm_generic_payload& transaction, tlm::tlm_dmi& dmi) {
    ++asked;
    return out->get_direct_mem_ptr(transaction, dmi);
  }
  void press(tlm::tlm_generic_payload& transaction, sc_time&) {
    ++withdrawn;
    in->invalidate_direct_mem_ptr(0x8000, 0x8fff);
    transaction.set_response_status(tlm::TLM_OK_RESPONSE);
  }
};

struct ArmCpuTest : testing::Test {
  const sc_time period{10, SC_NS};
  ArmCpu cpu{"cpu", period};
  Memory memory{"memory", 0x10000, period, period};
  Timer timer{"timer", period};
  InterruptController intc{"intc", 1};
  Withdrawer withdrawer{"withdrawer"};
  Interconnect bus{"bus",
                   {{"memory", 0, 0x10000},
                    {"timer", kTimer, 0x1000},
                    {"intc", kIntc, 0x1000},
                    {"button", kButton, 0x1000}}};
  test::TlmInitiator debug{"debug"};
  sc_core::sc_signal<bool> timer_irq{"timer_irq"};
  sc_core::sc_signal<bool> cpu_irq{"cpu_irq"};

  ArmCpuTest() {
    cpu.bus.bind(bus.in);
    debug.socket.bind(bus.in);
    bus.out("memory").bind(withdrawer.in);
    withdrawer.out.bind(memory.socket);
    bus.out("button").bind(withdrawer.button);
    bus.out("timer").bind(timer.regs);
    bus.out("intc").bind(intc.regs);
    timer.irq.bind(timer_irq);
    intc.lines[0].bind(timer_irq);
    intc.irq.bind(cpu_irq);
    cpu.irq.bind(cpu_irq);
    tlm::tlm_global_quantum::instance().set(1000 * period);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }

  void place(std::uint32_t address, const std::vector<std::uint32_t>& words) {
    for (const auto word : words) {
      auto data = test::word32(word);
      ASSERT_EQ(debug.debug(tlm::TLM_WRITE_COMMAND, address, data), 4U);
      address += 4;
    }
  }
  // Places a program that ends with exit code 7, and what it needs.
  void program(std::vector<std::uint32_t> code) {
    const std::uint32_t block = 0x80;
    place(block, {0x20026, 7});
    code.insert(code.end(), {mov(0, 0x20), mov(1, block), 0xef123456});
    place(kEntry, code);
  }
  std::string failure(const sc_time& limit) {
    try {
      cpu.run(kEntry, limit);
    } catch (const InputError& e) {
      return e.what();
    }
    return "";
  }
  std::uint32_t word(std::uint32_t address) {
    test::Bytes data(4);
    debug.debug(tlm::TLM_READ_COMMAND, address, data);
    return test::as_word32(data);
  }
};

TEST_F(ArmCpuTest, EndsWithItsExitCodeAndAClockAnInstruction) {
  program({mov(2, 5), add(2, 3), mov(3, 0x90), str(2, 3, 0)});
  EXPECT_EQ(cpu.run(kEntry, sc_time(1, sc_core::SC_MS)), 7);
  EXPECT_EQ(cpu.instructions(), 7U);
  EXPECT_EQ(sc_core::sc_time_stamp(), 7 * period);
  EXPECT_EQ(word(0x90), 8U);
}

TEST_F(ArmCpuTest, ALongProgramKeepsCountAcrossQuanta) {
  // r2 = 10 * 1024; 1: subs r2, #1; bne 1b
  program({0xe3a02b0a, 0xe2522001, 0x1afffffd});
  EXPECT_EQ(cpu.run(kEntry, sc_time(1, sc_core::SC_SEC)), 7);
  EXPECT_EQ(cpu.instructions(), 1U + 2 * 10240 + 3);
  EXPECT_EQ(sc_core::sc_time_stamp(), static_cast<double>(cpu.instructions()) * period);
}

TEST_F(ArmCpuTest, RunsAgainWithOtherCodeAtTheSamePlace) {
  program({mov(2, 1), mov(3, 0x90), str(2, 3, 0)});
  cpu.run(kEntry, sc_time(1, sc_core::SC_MS));
  program({mov(2, 2), mov(3, 0x90), str(2, 3, 0)});
  cpu.run(kEntry, sc_time(1, sc_core::SC_MS));
  EXPECT_EQ(word(0x90), 2U);
}

TEST_F(ArmCpuTest, DevicesSeeTheProcessorsOwnTime) {
  program({mov20(4, 1), ldr(5, 4, FL_TIMER_COUNT_LOW), mov(2, 0), ldr(6, 4, FL_TIMER_COUNT_LOW),
           mov(3, 0x90), str(5, 3, 0), str(6, 3, 4)});
  cpu.run(kEntry, sc_time(1, sc_core::SC_MS));
  EXPECT_EQ(word(0x94) - word(0x90), 2U);
}

TEST_F(ArmCpuTest, WfiSleepsUntilTheInterruptAndItsHandlerRunsOnce) {
  // The handler quiets the timer, counts in r8 and returns.
  place(0x18, {add(8, 1), str(9, 4, FL_TIMER_ALARM), ldr(10, 7, FL_INTC_ACKNOWLEDGE),
               str(10, 7, FL_INTC_END), kReturn});
  program({mov20(4, 1), mov20(7, 2), mov(9, 0), mov(8, 0), mov(2, 1), str(2, 7, FL_INTC_ENABLE),
           mov(2, 200), str(2, 4, FL_TIMER_ALARM), kWfi, kUnmask, kMask, ldr(6, 4, FL_TIMER_COUNT_LOW),
           mov(3, 0x90), str(8, 3, 0), str(6, 3, 4)});
  EXPECT_EQ(cpu.run(kEntry, sc_time(1, sc_core::SC_MS)), 7);
  EXPECT_EQ(word(0x90), 1U);
  // Alarm set with the eighth instruction, after 7 or 8 clocks; then the handler and two more.
  EXPECT_GE(word(0x94), 200U + 7);
  EXPECT_LE(word(0x94), 200U + 20);
}

TEST_F(ArmCpuTest, UnmaskingLetsAWaitingInterruptInAtOnce) {
  place(0x18, {add(8, 1), str(9, 4, FL_TIMER_ALARM), kReturn});
  // Masked while the alarm goes off; then one instruction's gap before masking again.
  program({mov20(4, 1), mov20(7, 2), mov(9, 0), mov(8, 0), mov(2, 1), str(2, 7, FL_INTC_ENABLE),
           mov(2, 3), str(2, 4, FL_TIMER_ALARM), 0xe3a02b0a, 0xe2522001, 0x1afffffd, kUnmask, kMask,
           mov(3, 0x90), str(8, 3, 0)});
  cpu.run(kEntry, sc_time(1, sc_core::SC_SEC));
  EXPECT_EQ(word(0x90), 1U);
}

TEST_F(ArmCpuTest, NamesAnUnmappedAccessByAddressAndPc) {
  program({mov(2, 1), mov20(4, 0x50), ldr(5, 4, 8)});
  EXPECT_THAT(failure(sc_time(1, sc_core::SC_MS)),
              AllOf(HasSubstr("reads 4 bytes at 0x05000008, where nothing is mapped"),
                    HasSubstr("PC 0x00000108")));
  program({mov20(4, 0x50), str(5, 4, 0)});
  EXPECT_THAT(failure(sc_time(1, sc_core::SC_MS)), HasSubstr("writes 4 bytes at 0x05000000"));
}

TEST_F(ArmCpuTest, NamesAnAccessThatADeviceRefuses) {
  program({mov20(4, 1), 0xe5d45000});  // ldrb r5, [r4]
  EXPECT_THAT(failure(sc_time(1, sc_core::SC_MS)),
              AllOf(HasSubstr("reads 1 byte at 0x00100000, which the device refuses"),
                    HasSubstr("PC 0x00000104")));
}

TEST_F(ArmCpuTest, NamesAnUndefinedInstruction) {
  program({mov(2, 1), kUdf});
  EXPECT_THAT(failure(sc_time(1, sc_core::SC_MS)),
              AllOf(HasSubstr("undefined instruction"), HasSubstr("PC 0x00000104")));
}

TEST_F(ArmCpuTest, NamesAnExceptionThatNobodyHandles) {
  program({0xef000001});
  EXPECT_THAT(failure(sc_time(1, sc_core::SC_MS)), HasSubstr("raises exception 2"));
}

TEST_F(ArmCpuTest, AJumpToNowhereIsAnError) {
  program({0xe3a0f605});  // mov pc, #0x00500000
  EXPECT_THAT(failure(sc_time(1, sc_core::SC_MS)),
              HasSubstr("jumps to where there is no memory (PC 0x00500000)"));
}

TEST_F(ArmCpuTest, RunsThumbCodeAndItsInterrupts) {
  place(0x18, {add(8, 1), str(9, 4, FL_TIMER_ALARM), kReturn});
  // In ARM code: an alarm in 50 ticks; then bx to the Thumb code behind.
  place(0x200, {0xb662bf30,  // wfi; cpsie i
                0xb672bf00,  // nop; cpsid i
                0x4770});    // bx lr
  program({mov20(4, 1), mov20(7, 2), mov(9, 0), mov(8, 0), mov(2, 1), str(2, 7, FL_INTC_ENABLE),
           mov(2, 50), str(2, 4, FL_TIMER_ALARM), 0xe3a03c02,  // mov r3, #0x200
           add(3, 1), 0xe12fff33,                              // blx r3
           mov(3, 0x90), str(8, 3, 0)});
  EXPECT_EQ(cpu.run(kEntry, sc_time(1, sc_core::SC_MS)), 7);
  EXPECT_EQ(word(0x90), 1U);
}

TEST_F(ArmCpuTest, TakesNoLongerThanAnotherQuantumWouldLetIt) {
  std::vector<std::uint32_t> counts;
  for (const std::uint64_t quantum : {1U, 7U, 1000U, 1'000'000U}) {
    tlm::tlm_global_quantum::instance().set(static_cast<double>(quantum) * period);
    // The timer before and after a loop of 10 * 1024.
    program({mov20(4, 1), ldr(5, 4, FL_TIMER_COUNT_LOW), 0xe3a02b0a, 0xe2522001, 0x1afffffd,
             ldr(6, 4, FL_TIMER_COUNT_LOW), 0xe0466005,  // sub r6, r6, r5
             mov(3, 0x90), str(6, 3, 0)});
    EXPECT_EQ(cpu.run(kEntry, sc_time(1, sc_core::SC_SEC)), 7);
    counts.push_back(word(0x90));
  }
  EXPECT_EQ(counts, std::vector<std::uint32_t>(4, 2 + 2 * 10240));
}

// In the middle of a quantum, and of its own access; the program does not notice.
TEST_F(ArmCpuTest, AsksAgainForMemoryThatWasWithdrawn) {
  const auto before = withdrawer.asked;
  program({mov20(4, 3), str(4, 4, 0), mov(2, 1), add(2, 4), str(4, 4, 0), str(4, 4, 4), mov(3, 0x90),
           str(2, 3, 0)});
  EXPECT_EQ(cpu.run(kEntry, sc_time(1, sc_core::SC_SEC)), 7);
  EXPECT_EQ(word(0x90), 5U);
  EXPECT_EQ(cpu.instructions(), 8U + 3);
  EXPECT_EQ(withdrawer.withdrawn, 3);
  EXPECT_EQ(withdrawer.asked - before, 4);  // at the start and after each
}

TEST_F(ArmCpuTest, AProgramThatNeverEndsIsBounded) {
  program({kSelf});
  EXPECT_THAT(failure(sc_time(1, sc_core::SC_MS)),
              AllOf(HasSubstr("has not ended"), HasSubstr("PC 0x00000100")));
  EXPECT_EQ(sc_core::sc_time_stamp(), sc_time(1, sc_core::SC_MS));
  program({kWfi});
  EXPECT_THAT(failure(sc_time(1, sc_core::SC_MS)), HasSubstr("has not ended"));
  EXPECT_EQ(sc_core::sc_time_stamp(), sc_time(2, sc_core::SC_MS));
  program({});
  EXPECT_EQ(cpu.run(kEntry, sc_time(1, sc_core::SC_MS)), 7);
}

TEST_F(ArmCpuTest, StartingWhereThereIsNoMemoryIsAnError) {
  EXPECT_THROW(cpu.run(kTimer, sc_time(1, sc_core::SC_MS)), InputError);
}

}  // namespace
}  // namespace fluence
