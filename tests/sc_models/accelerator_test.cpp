// The accelerator module around the fake RTL: time, sockets, interrupt.
#include "sc_models/accelerator.hpp"

#include <gtest/gtest.h>

#include "fluence/accel_regs.h"
#include "fluence/board.h"
#include "network/topology.hpp"
#include "sc_models/memory.hpp"
#include "sc_models/native_host.hpp"
#include "tests/support/fake_rtl_model.hpp"
#include "tests/support/published.hpp"
#include "tests/support/tlm_initiator.hpp"

namespace fluence {
namespace {

using sc_core::SC_NS;
using sc_core::sc_time;
using sc_core::SC_ZERO_TIME;
using test::as_word32;
using test::Bytes;
using test::FakeRtlModel;
using test::word32;

constexpr std::uint64_t kQuantum = 100;
constexpr std::uint64_t kOutput = 0x8000;

sc_time cycles(std::uint64_t n) { return sc_time(10.0 * static_cast<double>(n), SC_NS); }

struct AcceleratorTest : testing::Test {
  FakeRtlModel* model = nullptr;
  const Topology& net = topology("cnvW1A1");
  SiteMap sites{net};
  Accelerator accelerator{"accelerator", net,
                          [this](AxiMemory& axi) {
                            auto fake = std::make_unique<FakeRtlModel>(net, axi);
                            model = fake.get();
                            return fake;
                          },
                          cycles(1), kQuantum};
  Memory memory{"memory", 0x10000, cycles(7), cycles(5)};
  Memory other{"other", 4, SC_ZERO_TIME, SC_ZERO_TIME};  // the host's bus leads nowhere
  NativeHost host{"host", cycles(1)};                    // the thread in which the tests run
  test::TlmInitiator regs{"regs"};
  test::TlmInitiator beam{"beam"};
  sc_core::sc_signal<bool> irq{"irq"};

  AcceleratorTest() {
    accelerator.mem.bind(memory.socket);
    accelerator.irq.bind(irq);
    host.bus.bind(other.socket);
    host.irq.bind(irq);
    regs.socket.bind(accelerator.regs);
    beam.socket.bind(accelerator.fault);
  }

  void run(const std::function<void()>& body) {
    host.run([&](NativeHost&) { body(); });
  }
  void set(std::uint32_t offset, std::uint32_t value) {
    ASSERT_EQ(regs.write(offset, word32(value)), tlm::TLM_OK_RESPONSE);
  }
  std::uint32_t get(std::uint32_t offset) {
    Bytes data(4);
    EXPECT_EQ(regs.read(offset, data), tlm::TLM_OK_RESPONSE);
    return as_word32(data);
  }
  // Starts at the present SystemC time and returns the time of run cycle 0.
  sc_time start(std::uint32_t images) {
    regs.delay = SC_ZERO_TIME;
    set(FL_ACCEL_OUTPUT_LOW, kOutput);
    set(FL_ACCEL_NUM_REPS, images);
    set(FL_ACCEL_GLOBAL_IRQ, 1);
    set(FL_ACCEL_IRQ_ENABLE, FL_ACCEL_IRQ_DONE);
    set(FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START);
    return sc_core::sc_time_stamp() + regs.delay - cycles(FakeRtlModel::kResponseCycles);
  }
  std::uint64_t weight() { return model->read_word(sites.address({Space::weights, 0}))[0]; }
  std::uint64_t weight_address() { return sites.address({Space::weights, 0}); }
};

TEST_F(AcceleratorTest, RegisterAccessesTakeTheCyclesOfTheBus) {
  run([&] {
    set(FL_ACCEL_NUM_REPS, 5);
    EXPECT_EQ(regs.delay, cycles(FakeRtlModel::kAccessCycles));
    EXPECT_EQ(get(FL_ACCEL_NUM_REPS), 5U);
    EXPECT_EQ(regs.delay, cycles(2 * FakeRtlModel::kAccessCycles));
  });
}

TEST_F(AcceleratorTest, TheRegistersRepeatThroughTheWindow) {
  run([&] {
    for (const std::uint32_t copy : {FL_ACCEL_SPAN, 0x2000U, FL_BOARD_ACCEL_WINDOW - FL_ACCEL_SPAN}) {
      set(copy + FL_ACCEL_NUM_REPS, copy);
      EXPECT_EQ(get(FL_ACCEL_NUM_REPS), copy);
      set(FL_ACCEL_NUM_REPS, 1);
      EXPECT_EQ(get(copy + FL_ACCEL_NUM_REPS), 1U);
      EXPECT_EQ(get(copy + FL_ACCEL_CONTROL), FL_ACCEL_CONTROL_IDLE);
    }
  });
}

TEST_F(AcceleratorTest, RefusesWhatIsNoRegisterAccess) {
  run([&] {
    Bytes data(4);
    Bytes wide(8);
    EXPECT_EQ(regs.read(FL_BOARD_ACCEL_WINDOW, data), tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(regs.read(FL_ACCEL_CONTROL + 1, data), tlm::TLM_BURST_ERROR_RESPONSE);
    EXPECT_EQ(regs.read(FL_ACCEL_CONTROL, wide), tlm::TLM_BURST_ERROR_RESPONSE);
    EXPECT_EQ(regs.debug(tlm::TLM_READ_COMMAND, FL_ACCEL_CONTROL, data), 0U);
    tlm::tlm_dmi dmi;
    EXPECT_FALSE(regs.dmi(FL_ACCEL_CONTROL, dmi));
    EXPECT_EQ(model->cycle(), 0U);
  });
}

TEST_F(AcceleratorTest, TheClockIsGatedWhileIdle) {
  run([&] {
    wait(cycles(5000));
    EXPECT_EQ(model->cycle(), 0U);
    get(FL_ACCEL_CONTROL);
    EXPECT_EQ(model->cycle(), FakeRtlModel::kAccessCycles);
  });
}

TEST_F(AcceleratorTest, TheInterruptRisesInTheCycleInWhichTheRunEnds) {
  run([&] {
    const auto begin = start(3);
    wait(irq.posedge_event());
    EXPECT_EQ(sc_core::sc_time_stamp(), begin + cycles(3 * FakeRtlModel::kImageCycles));
    EXPECT_FALSE(model->busy());
    regs.delay = SC_ZERO_TIME;
    set(FL_ACCEL_IRQ_STATUS, FL_ACCEL_IRQ_DONE);
    const auto down = sc_core::sc_time_stamp() + regs.delay;
    wait(irq.negedge_event());
    EXPECT_EQ(sc_core::sc_time_stamp(), down);
  });
}

TEST_F(AcceleratorTest, ARegisterAccessWaitsForTheRtlThatIsAhead) {
  run([&] {
    const auto begin = start(1);
    wait(begin + cycles(FakeRtlModel::kResponseCycles + 1) - sc_core::sc_time_stamp());
    regs.delay = SC_ZERO_TIME;
    get(FL_ACCEL_CONTROL);  // the RTL is a quantum ahead by now
    EXPECT_EQ(regs.delay, cycles(kQuantum - 1 + FakeRtlModel::kAccessCycles));
  });
}

TEST_F(AcceleratorTest, TheRtlCatchesUpWithACallerThatIsAhead) {
  run([&] {
    const auto begin = start(1);
    const auto ahead = begin + cycles(FakeRtlModel::kImageCycles - 10) - sc_core::sc_time_stamp();
    regs.delay = ahead;
    EXPECT_EQ(get(FL_ACCEL_CONTROL) & FL_ACCEL_CONTROL_DONE, 0U);
    EXPECT_EQ(regs.delay, ahead + cycles(FakeRtlModel::kAccessCycles));
    regs.delay = ahead + cycles(500);  // beyond the run's end
    EXPECT_NE(get(FL_ACCEL_CONTROL) & FL_ACCEL_CONTROL_DONE, 0U);
    EXPECT_EQ(regs.delay, ahead + cycles(500 + FakeRtlModel::kAccessCycles));
  });
}

TEST_F(AcceleratorTest, MemoryLatencyIsInCyclesWithAndWithoutDirectAccess) {
  run([&] {
    start(2);
    wait(irq.posedge_event());
    EXPECT_EQ(model->last_read.latency, 7U);
    EXPECT_EQ(model->last_write.latency, 5U);
    EXPECT_EQ(accelerator.words_written(), 2U * kScoreWords);
    set(FL_ACCEL_IRQ_STATUS, FL_ACCEL_IRQ_DONE);
    wait(irq.negedge_event());
    memory.socket->invalidate_direct_mem_ptr(0, 0xffff);
    start(1);
    wait(irq.posedge_event());
    EXPECT_EQ(model->last_read.latency, 7U);
  });
}

TEST_F(AcceleratorTest, AMemoryErrorIsToldToTheModel) {
  run([&] {
    set(FL_ACCEL_INPUT_LOW, 0xff00);
    start(1);
    wait(irq.posedge_event());
    EXPECT_FALSE(model->last_read.ok);
    EXPECT_TRUE(model->last_write.ok);
  });
}

TEST_F(AcceleratorTest, ResetEndsARunAndDropsPendingFlips) {
  run([&] {
    beam.delay = cycles(200);
    beam.write(weight_address(), {1});
    start(1);
    wait(cycles(110));
    accelerator.reset();
    EXPECT_FALSE(model->busy());
    start(1);
    wait(irq.posedge_event());
    EXPECT_EQ(weight(), 0U);
  });
}

TEST_F(AcceleratorTest, ResetTakesBackAnInterruptThatIsYetToRise) {
  run([&] {
    const auto begin = start(1);
    regs.delay = begin + cycles(FakeRtlModel::kImageCycles) - sc_core::sc_time_stamp();
    get(FL_ACCEL_CONTROL);
    ASSERT_TRUE(model->interrupt());
    accelerator.reset();
    const auto silence = cycles(2 * FakeRtlModel::kImageCycles);
    wait(silence, irq.posedge_event());
    EXPECT_FALSE(irq.read());
    EXPECT_EQ(sc_core::sc_time_stamp(), silence);
    const auto again = start(1);
    wait(irq.posedge_event());
    EXPECT_EQ(sc_core::sc_time_stamp(), again + cycles(FakeRtlModel::kImageCycles));
  });
}

TEST_F(AcceleratorTest, ResetLeavesTheRtlNoLongerAhead) {
  run([&] {
    const auto begin = start(1);
    wait(begin + cycles(FakeRtlModel::kResponseCycles + 1) - sc_core::sc_time_stamp());
    accelerator.reset();
    regs.delay = SC_ZERO_TIME;
    set(FL_ACCEL_GLOBAL_IRQ, 1);
    set(FL_ACCEL_IRQ_ENABLE, FL_ACCEL_IRQ_DONE);
    set(FL_ACCEL_DO_INIT, FL_ACCEL_DO_INIT_WRITE);
    set(FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START);
    const auto started = sc_core::sc_time_stamp() + regs.delay - cycles(FakeRtlModel::kResponseCycles);
    wait(irq.posedge_event());
    EXPECT_EQ(sc_core::sc_time_stamp(), started + cycles(FakeRtlModel::kCommandCycles));
  });
}

TEST_F(AcceleratorTest, FaultsBeforeARunAreTimedFromItsCycleZero) {
  run([&] {
    wait(cycles(777));
    beam.delay = cycles(500);
    EXPECT_EQ(beam.write(weight_address(), {0b101}), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(beam.delay, cycles(500));
    EXPECT_EQ(weight(), 0U);
    const auto begin = start(1);
    wait(begin + cycles(499 - kQuantum) - sc_core::sc_time_stamp());
    EXPECT_EQ(weight(), 0U);
    wait(cycles(1 + kQuantum));
    EXPECT_EQ(weight(), 0b101U);
  });
}

TEST_F(AcceleratorTest, FaultsDuringARunAreTimedBySystemTime) {
  run([&] {
    const auto begin = start(1);
    regs.delay = begin + cycles(430) - sc_core::sc_time_stamp();
    get(FL_ACCEL_CONTROL);  // brings the RTL to cycle 433
    const auto at = [&](std::uint64_t cycle) {
      beam.delay = begin + cycles(cycle) - sc_core::sc_time_stamp();
      beam.write(weight_address(), {1});
    };
    at(440);
    EXPECT_EQ(weight(), 0U);
    model->step(6);
    EXPECT_EQ(weight(), 0U);
    model->step(1);
    EXPECT_EQ(weight(), 1U);
    at(100);  // has passed: at once
    EXPECT_EQ(weight(), 0U);
  });
}

TEST_F(AcceleratorTest, AFaultOnARunThatOnlyTheRtlHasFinishedIsNotKeptForTheNext) {
  run([&] {
    const auto begin = start(1);
    regs.delay = begin + cycles(FakeRtlModel::kImageCycles) - sc_core::sc_time_stamp();
    get(FL_ACCEL_CONTROL);
    ASSERT_FALSE(model->busy());
    beam.delay = cycles(300);
    beam.write(weight_address(), {1});
    EXPECT_EQ(weight(), 1U);
  });
}

TEST_F(AcceleratorTest, FaultTransactionsAreChecked) {
  run([&] {
    const int bits = sites.arrays().front().bits;  // of a weight word of layer 0
    ASSERT_EQ(bits, 3);
    EXPECT_EQ(beam.write(sites.bit_count(), {1}), tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(beam.write(weight_address(), {0b1000}), tlm::TLM_BURST_ERROR_RESPONSE);
    EXPECT_EQ(beam.write(weight_address() + 2, {0b10}), tlm::TLM_BURST_ERROR_RESPONSE);
    EXPECT_EQ(beam.write(weight_address(), {0, 1}), tlm::TLM_BURST_ERROR_RESPONSE);
    EXPECT_EQ(beam.write(weight_address(), {}), tlm::TLM_BURST_ERROR_RESPONSE);
    EXPECT_EQ(beam.write(weight_address() + 2, {1, 0, 0}), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(beam.write(sites.bit_count() - 1, {1}), tlm::TLM_OK_RESPONSE);
    tlm::tlm_generic_payload transaction;
    Bytes data(1);
    Bytes enables(1, TLM_BYTE_ENABLED);
    test::TlmInitiator::fill(transaction, tlm::TLM_WRITE_COMMAND, weight_address(), data);
    transaction.set_byte_enable_ptr(enables.data());
    EXPECT_EQ(beam.send(transaction), tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    EXPECT_EQ(beam.debug(tlm::TLM_WRITE_COMMAND, sites.bit_count(), data), 0U);
  });
}

TEST_F(AcceleratorTest, DebugWritesFlipAtOnceAndReadsReturnTheStoredBits) {
  run([&] {
    Bytes mask{0b11};
    EXPECT_EQ(beam.debug(tlm::TLM_WRITE_COMMAND, weight_address() + 1, mask), 1U);
    EXPECT_EQ(weight(), 0b110U);
    Bytes data{0xff, 0xff};
    EXPECT_EQ(beam.debug(tlm::TLM_READ_COMMAND, weight_address(), data), 1U);
    EXPECT_EQ(data, (Bytes{0b110, 0}));
    EXPECT_EQ(beam.read(weight_address() + 1, data), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(data, (Bytes{0b11, 0}));
  });
}

TEST_F(AcceleratorTest, WordsOfAnyWidthAreReadAndFlipped) {
  run([&] {
    std::uint64_t address = 0;
    for (const auto& array : sites.arrays()) {
      if (array.space == Space::fifo && array.layer == 4 && array.bits == 256) {
        address = array.address;
      }
    }
    ASSERT_NE(address, 0U);
    Bytes mask(32);
    mask[0] = 0x81;
    mask[8] = 0x01;
    mask[31] = 0x40;
    EXPECT_EQ(beam.debug(tlm::TLM_WRITE_COMMAND, address, mask), 32U);
    const auto limbs = model->read_word(address);
    EXPECT_EQ(limbs, (std::vector<std::uint64_t>{0x81, 1, 0, 0x4000'0000'0000'0000}));
    Bytes data(32);
    EXPECT_EQ(beam.debug(tlm::TLM_READ_COMMAND, address + 7, data), 32U);
    EXPECT_EQ(data[0], 1);
    EXPECT_EQ(data[7], 0b10);
    EXPECT_EQ(data[30], 0x80);
    EXPECT_EQ(data[31], 0);
    mask.push_back(1);
    EXPECT_EQ(beam.write(address, mask), tlm::TLM_BURST_ERROR_RESPONSE);
  });
}

TEST_F(AcceleratorTest, AnExtensionHoldsBitsInsteadOfFlippingThem) {
  run([&] {
    const auto address = weight_address();
    HoldExtension hold;
    Bytes mask{0b101};
    tlm::tlm_generic_payload transaction;
    test::TlmInitiator::fill(transaction, tlm::TLM_WRITE_COMMAND, address, mask);
    transaction.set_extension(&hold);
    beam.delay = cycles(500);
    hold.what = HoldExtension::What::hold1;
    hold.cycles = 20;
    EXPECT_EQ(beam.send(transaction), tlm::TLM_OK_RESPONSE);
    hold.what = HoldExtension::What::hold0;
    hold.cycles = 0;
    EXPECT_EQ(beam.send(transaction), tlm::TLM_OK_RESPONSE);
    ASSERT_EQ(model->holds.size(), 2U);
    const auto& first = model->holds[0];
    EXPECT_EQ(first.address, address);
    EXPECT_EQ(first.mask, 0b101U);
    EXPECT_TRUE(first.value);
    EXPECT_EQ(first.from, 500U);
    EXPECT_EQ(first.until, 520U);
    EXPECT_FALSE(model->holds[1].value);
    EXPECT_EQ(model->holds[1].until, Hold::kForever);

    EXPECT_EQ(beam.socket->transport_dbg(transaction), 1U);
    ASSERT_EQ(model->holds_now.size(), 1U);
    hold.what = HoldExtension::What::release;
    EXPECT_EQ(beam.socket->transport_dbg(transaction), 1U);
    EXPECT_EQ(beam.send(transaction), tlm::TLM_OK_RESPONSE);
    ASSERT_EQ(model->releases.size(), 2U);
    EXPECT_EQ(model->releases[0], std::pair(address, std::uint64_t{0b101}));
    EXPECT_EQ(weight(), 0U) << "nothing was flipped";
    mask = {0b1000};
    EXPECT_EQ(beam.send(transaction), tlm::TLM_BURST_ERROR_RESPONSE);
    transaction.clear_extension(&hold);
  });
}

}  // namespace
}  // namespace fluence
