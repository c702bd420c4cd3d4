#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "axil_regs/cases.hpp"
#include "fluence/accel_regs.h"
#include "tests/rtl/support/clocked.hpp"

namespace fluence::test {
namespace {

using Dut = axil_regs_default::Dut;
using DutWithCopies = axil_regs_copies::Dut;

// The registers that only hold a value, and the pins on which it stands.
struct Holder {
  const char* name;
  std::uint32_t offset;
  std::function<std::uint64_t(const Dut&)> pins;
};

const std::vector<Holder>& holders() {
  static const std::vector<Holder> table = {
      {"input low", FL_ACCEL_INPUT_LOW, [](const Dut& d) { return d.in_addr_o & 0xffffffffU; }},
      {"input high", FL_ACCEL_INPUT_HIGH, [](const Dut& d) { return d.in_addr_o >> 32; }},
      {"output low", FL_ACCEL_OUTPUT_LOW, [](const Dut& d) { return d.out_addr_o & 0xffffffffU; }},
      {"output high", FL_ACCEL_OUTPUT_HIGH, [](const Dut& d) { return d.out_addr_o >> 32; }},
      {"do init", FL_ACCEL_DO_INIT, [](const Dut& d) { return d.do_init_o; }},
      {"target layer", FL_ACCEL_TARGET_LAYER, [](const Dut& d) { return d.target_layer_o; }},
      {"target mem", FL_ACCEL_TARGET_MEM, [](const Dut& d) { return d.target_mem_o; }},
      {"target ind", FL_ACCEL_TARGET_IND, [](const Dut& d) { return d.target_ind_o; }},
      {"target thresh", FL_ACCEL_TARGET_THRESH, [](const Dut& d) { return d.target_thresh_o; }},
      {"val low", FL_ACCEL_VAL_LOW, [](const Dut& d) { return d.val_o & 0xffffffffU; }},
      {"val high", FL_ACCEL_VAL_HIGH, [](const Dut& d) { return d.val_o >> 32; }},
      {"num reps", FL_ACCEL_NUM_REPS, [](const Dut& d) { return d.num_reps_o; }},
  };
  return table;
}

bool is_special(std::uint32_t offset) {
  return offset == FL_ACCEL_CONTROL || offset == FL_ACCEL_GLOBAL_IRQ || offset == FL_ACCEL_IRQ_ENABLE ||
         offset == FL_ACCEL_IRQ_STATUS;
}

// Cycles by which a channel of one access is late.
struct Delays {
  int address = 0;
  int data = 0;
  int response = 0;
};

template <class Block>
class AxilRegsOf : public testing::Test {
 protected:
  AxilRegsOf() {
    bench_->s_axil_awvalid = 0;
    bench_->s_axil_wvalid = 0;
    bench_->s_axil_bready = 0;
    bench_->s_axil_arvalid = 0;
    bench_->s_axil_rready = 0;
    bench_->done_i = 0;
    bench_->corrected_i = bench_->detected_i = 0;
    bench_->idle_i = 1;
    bench_.reset();
  }

  void write(std::uint32_t offset, std::uint32_t value, unsigned strobes = 0xf, Delays delays = {}) {
    bool address_taken = false;
    bool data_taken = false;
    bool answered = false;
    for (int i = 0; !(address_taken && data_taken); ++i) {
      ASSERT_LT(i, 20) << "the write of " << offset << " is not taken";
      ASSERT_FALSE(bench_->s_axil_bvalid);
      bench_->s_axil_awvalid = !address_taken && i >= delays.address;
      bench_->s_axil_wvalid = !data_taken && i >= delays.data;
      bench_->s_axil_awaddr = static_cast<std::uint8_t>(bench_->s_axil_awvalid ? offset : 0x28);
      bench_->s_axil_wdata = bench_->s_axil_wvalid ? value : ~value;
      bench_->s_axil_wstrb = static_cast<std::uint8_t>(bench_->s_axil_wvalid ? strobes : 0xf);
      bench_.settle();
      address_taken = address_taken || (bench_->s_axil_awvalid && bench_->s_axil_awready);
      data_taken = data_taken || (bench_->s_axil_wvalid && bench_->s_axil_wready);
      bench_.edge();
    }
    bench_->s_axil_awvalid = 0;
    bench_->s_axil_wvalid = 0;
    for (int i = 0; !answered; ++i) {
      bench_->s_axil_bready = i >= delays.response;
      bench_.settle();
      ASSERT_TRUE(bench_->s_axil_bvalid) << "the response to the write of " << offset << " is missing";
      answered = bench_->s_axil_bready;
      bench_.edge();
    }
    bench_->s_axil_bready = 0;
    bench_.settle();
    ASSERT_FALSE(bench_->s_axil_bvalid) << "a second response to the write of " << offset;
  }

  std::uint32_t read(std::uint32_t offset, Delays delays = {}) {
    bool taken = false;
    for (int i = 0; !taken; ++i) {
      if (i == 20) {
        ADD_FAILURE() << "the read of " << offset << " is not taken";
        return 0;
      }
      bench_->s_axil_arvalid = i >= delays.address;
      bench_->s_axil_araddr = static_cast<std::uint8_t>(i >= delays.address ? offset : FL_ACCEL_CONTROL);
      bench_.settle();
      taken = bench_->s_axil_arvalid && bench_->s_axil_arready;
      bench_.edge();
    }
    bench_->s_axil_arvalid = 0;
    bench_.settle();
    const auto value = bench_->s_axil_rdata;
    for (int i = 0; i <= delays.response; ++i) {
      bench_->s_axil_rready = i == delays.response;
      bench_.settle();
      EXPECT_TRUE(bench_->s_axil_rvalid) << "the data of " << offset << " are missing";
      EXPECT_EQ(bench_->s_axil_rdata, value) << "the data of " << offset << " change";
      bench_.edge();
    }
    bench_->s_axil_rready = 0;
    bench_.settle();
    EXPECT_FALSE(bench_->s_axil_rvalid) << "the data of " << offset << " come twice";
    return value;
  }

  void kernel_done() {
    bench_->done_i = 1;
    bench_.cycle();
    bench_->done_i = 0;
    bench_.settle();
  }

  // Presents an access in the very cycle in which the kernel ends its run, and completes it.
  void write_at_done(std::uint32_t offset, std::uint32_t value) {
    bench_->done_i = 1;
    bench_->s_axil_awvalid = 1;
    bench_->s_axil_wvalid = 1;
    bench_->s_axil_awaddr = static_cast<std::uint8_t>(offset);
    bench_->s_axil_wdata = value;
    bench_->s_axil_wstrb = 0xf;
    bench_->s_axil_bready = 1;
    bench_.cycle();
    bench_->done_i = 0;
    bench_->s_axil_awvalid = 0;
    bench_->s_axil_wvalid = 0;
    bench_.cycle();
    bench_->s_axil_bready = 0;
  }

  Clocked<Block> bench_;
};

using AxilRegs = AxilRegsOf<Dut>;
using AxilRegsWithCopies = AxilRegsOf<DutWithCopies>;

constexpr std::uint32_t kStart = FL_ACCEL_CONTROL_START;
constexpr std::uint32_t kDone = FL_ACCEL_CONTROL_DONE;
constexpr std::uint32_t kIdle = FL_ACCEL_CONTROL_IDLE;
constexpr std::uint32_t kReady = FL_ACCEL_CONTROL_READY;
constexpr std::uint32_t kAutoRestart = FL_ACCEL_CONTROL_AUTO_RESTART;

TEST_F(AxilRegs, EverythingIsZeroAfterReset) {
  for (std::uint32_t offset = 0; offset < FL_ACCEL_SPAN; offset += 4) {
    EXPECT_EQ(read(offset), offset == FL_ACCEL_CONTROL ? kIdle : 0) << "offset " << offset;
  }
  for (const auto& holder : holders()) {
    EXPECT_EQ(holder.pins(bench_.pins()), 0U) << holder.name;
  }
  EXPECT_FALSE(bench_->start_o);
  EXPECT_FALSE(bench_->irq_o);
}

// Random writes to all offsets but control and interrupts, with random strobes and delays on all
// channels: each changes the strobed bytes of its own register and nothing else.
TEST_F(AxilRegs, HoldersKeepWhatIsWrittenAndUnmappedOffsetsNothing) {
  Rng rng(6);
  const auto late = [&] { return static_cast<int>(rng() % 4); };
  std::vector<std::uint32_t> golden(holders().size(), 0);
  for (int i = 0; i < 2000; ++i) {
    const auto offset = static_cast<std::uint32_t>(rng() % (FL_ACCEL_SPAN / 4) * 4);
    if (is_special(offset)) {
      continue;
    }
    const auto value = static_cast<std::uint32_t>(rng());
    const auto strobes = static_cast<unsigned>(rng() % 16);
    ASSERT_NO_FATAL_FAILURE(write(offset, value, strobes, {late(), late(), late()}));
    std::uint32_t expected = 0;  // an unmapped offset's
    for (std::size_t k = 0; k < golden.size(); ++k) {
      if (holders()[k].offset == offset) {
        for (unsigned byte = 0; byte < 4; ++byte) {
          const auto mask = (strobes >> byte & 1U) != 0 ? 0xffU << 8 * byte : 0U;
          golden[k] = (golden[k] & ~mask) | (value & mask);
        }
        expected = golden[k];
      }
      ASSERT_EQ(holders()[k].pins(bench_.pins()), golden[k]) << holders()[k].name;
    }
    ASSERT_EQ(read(offset, {late(), 0, late()}), expected) << "offset " << offset;
    ASSERT_FALSE(bench_->start_o);
    ASSERT_FALSE(bench_->irq_o);
  }
}

// Of hardwares whose host sees one copy only, and whose pipeline counts nothing.
TEST_F(AxilRegs, TargetModuleHoldsNothing) {
  write(FL_ACCEL_TARGET_MODULE, ~0U);
  EXPECT_EQ(read(FL_ACCEL_TARGET_MODULE), 0U);
  EXPECT_EQ(bench_->target_module_o, 0U);
}

TEST_F(AxilRegsWithCopies, TargetModuleKeepsWhatIsWritten) {
  write(FL_ACCEL_TARGET_MODULE, 0x12345678);
  EXPECT_EQ(bench_->target_module_o, 0x12345678U);
  write(FL_ACCEL_TARGET_MODULE, 0xffffffff, 0b0100);
  for (std::uint32_t other = FL_ACCEL_INPUT_LOW; other < FL_ACCEL_SPAN; other += 4) {
    if (other != FL_ACCEL_TARGET_MODULE) {
      write(other, 1);
    }
  }
  EXPECT_EQ(bench_->target_module_o, 0x12ff5678U);
  EXPECT_EQ(read(FL_ACCEL_TARGET_MODULE), 0x12ff5678U);
  bench_.reset();
  EXPECT_EQ(bench_->target_module_o, 0U);
}

TEST_F(AxilRegsWithCopies, CountsAreReadAndNotWritten) {
  bench_->corrected_i = 0xfffffffe;
  bench_->detected_i = 3;
  for (const auto offset : {FL_ACCEL_CORRECTED, FL_ACCEL_DETECTED}) {
    write(offset, 7);
  }
  EXPECT_EQ(read(FL_ACCEL_CORRECTED), 0xfffffffeU);
  EXPECT_EQ(read(FL_ACCEL_DETECTED), 3U);
  bench_->detected_i = 4;
  EXPECT_EQ(read(FL_ACCEL_DETECTED), 4U);
}

TEST_F(AxilRegs, StartStaysUntilDone) {
  write(FL_ACCEL_CONTROL, kStart);
  bench_->idle_i = 0;
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(bench_->start_o);
    EXPECT_EQ(read(FL_ACCEL_CONTROL), kStart);
  }
  write(FL_ACCEL_CONTROL, 0);
  EXPECT_TRUE(bench_->start_o) << "a start cannot be taken back";
  kernel_done();
  bench_->idle_i = 1;
  EXPECT_FALSE(bench_->start_o);
}

TEST_F(AxilRegs, StartNeedsItsByteAndItsBit) {
  write(FL_ACCEL_CONTROL, kStart, 0b1110);
  EXPECT_FALSE(bench_->start_o);
  write(FL_ACCEL_CONTROL, ~(kStart | kAutoRestart));
  EXPECT_FALSE(bench_->start_o);
  EXPECT_EQ(read(FL_ACCEL_CONTROL), kIdle) << "status bits cannot be written";
}

TEST_F(AxilRegs, IdleIsTheKernels) {
  bench_->idle_i = 0;
  EXPECT_EQ(read(FL_ACCEL_CONTROL), 0U);
  bench_->idle_i = 1;
  EXPECT_EQ(read(FL_ACCEL_CONTROL), kIdle);
}

TEST_F(AxilRegs, DoneAndReadyAreClearedByReading) {
  kernel_done();
  for (const std::uint32_t other :
       {FL_ACCEL_GLOBAL_IRQ, FL_ACCEL_IRQ_STATUS, FL_ACCEL_NUM_REPS, 0x7cU}) {
    read(other);
  }
  EXPECT_EQ(read(FL_ACCEL_CONTROL), kDone | kReady | kIdle);
  EXPECT_EQ(read(FL_ACCEL_CONTROL), kIdle);
}

TEST_F(AxilRegs, DoneInTheCycleOfAReadIsNotLost) {
  bench_->s_axil_arvalid = 1;
  bench_->s_axil_araddr = FL_ACCEL_CONTROL;
  kernel_done();
  bench_->s_axil_arvalid = 0;
  EXPECT_EQ(bench_->s_axil_rdata, kIdle);
  bench_->s_axil_rready = 1;
  bench_.cycle();
  bench_->s_axil_rready = 0;
  EXPECT_EQ(read(FL_ACCEL_CONTROL), kDone | kReady | kIdle);
}

TEST_F(AxilRegs, StartInTheCycleOfDoneStartsAnew) {
  write(FL_ACCEL_CONTROL, kStart);
  write_at_done(FL_ACCEL_CONTROL, kStart);
  EXPECT_TRUE(bench_->start_o);
  EXPECT_EQ(read(FL_ACCEL_CONTROL), kStart | kDone | kReady | kIdle);
}

TEST_F(AxilRegs, AutoRestartStartsAgainUntilSwitchedOff) {
  write(FL_ACCEL_CONTROL, kStart | kAutoRestart);
  EXPECT_EQ(read(FL_ACCEL_CONTROL), kStart | kAutoRestart | kIdle);
  for (int run = 0; run < 3; ++run) {
    kernel_done();
    EXPECT_TRUE(bench_->start_o);
    EXPECT_EQ(read(FL_ACCEL_CONTROL), kStart | kAutoRestart | kDone | kReady | kIdle);
  }
  write(FL_ACCEL_CONTROL, 0);
  kernel_done();
  EXPECT_FALSE(bench_->start_o);
}

// Done and ready, the kernel's two events, come together.
TEST_F(AxilRegs, EnabledEventsAreLatchedAndRaiseThePinIfGloballyEnabled) {
  for (std::uint32_t enabled = 0; enabled < 4; ++enabled) {
    for (const std::uint32_t global : {0U, 1U}) {
      write(FL_ACCEL_IRQ_ENABLE, ~3U | enabled);
      write(FL_ACCEL_GLOBAL_IRQ, ~1U | global);
      EXPECT_EQ(read(FL_ACCEL_IRQ_ENABLE), enabled);
      EXPECT_EQ(read(FL_ACCEL_GLOBAL_IRQ), global);
      EXPECT_FALSE(bench_->irq_o);
      kernel_done();
      EXPECT_EQ(read(FL_ACCEL_IRQ_STATUS), enabled);
      EXPECT_EQ(bench_->irq_o, global == 1 && enabled != 0);
      EXPECT_EQ(read(FL_ACCEL_IRQ_STATUS), enabled) << "reading does not clear";
      write(FL_ACCEL_IRQ_STATUS, enabled);
      EXPECT_EQ(read(FL_ACCEL_IRQ_STATUS), 0U);
      EXPECT_FALSE(bench_->irq_o);
    }
  }
}

TEST_F(AxilRegs, ThePinFollowsTheGlobalEnable) {
  write(FL_ACCEL_IRQ_ENABLE, FL_ACCEL_IRQ_DONE);
  kernel_done();
  EXPECT_FALSE(bench_->irq_o);
  write(FL_ACCEL_GLOBAL_IRQ, 1);
  EXPECT_TRUE(bench_->irq_o);
  write(FL_ACCEL_GLOBAL_IRQ, 0);
  EXPECT_FALSE(bench_->irq_o);
}

TEST_F(AxilRegs, DisablingKeepsWhatIsLatched) {
  write(FL_ACCEL_IRQ_ENABLE, FL_ACCEL_IRQ_DONE);
  kernel_done();
  write(FL_ACCEL_IRQ_ENABLE, 0);
  EXPECT_EQ(read(FL_ACCEL_IRQ_STATUS), FL_ACCEL_IRQ_DONE);
}

TEST_F(AxilRegs, WritingStatusTogglesIt) {
  write(FL_ACCEL_GLOBAL_IRQ, 1);
  std::uint32_t golden = 0;
  for (const std::uint32_t value : {1U, 2U, 3U, 0U, 2U, ~0U, 1U, 3U}) {
    write(FL_ACCEL_IRQ_STATUS, value);
    golden ^= value & 3U;
    EXPECT_EQ(read(FL_ACCEL_IRQ_STATUS), golden);
    EXPECT_EQ(bench_->irq_o, golden != 0);
  }
}

TEST_F(AxilRegs, AnEventInTheCycleOfAToggleIsNotLost) {
  write(FL_ACCEL_IRQ_ENABLE, FL_ACCEL_IRQ_DONE);
  kernel_done();
  write_at_done(FL_ACCEL_IRQ_STATUS, FL_ACCEL_IRQ_DONE | FL_ACCEL_IRQ_READY);
  EXPECT_EQ(read(FL_ACCEL_IRQ_STATUS), FL_ACCEL_IRQ_DONE | FL_ACCEL_IRQ_READY);
}

TEST_F(AxilRegs, InterruptRegistersNeedTheirByte) {
  for (const std::uint32_t offset : {FL_ACCEL_GLOBAL_IRQ, FL_ACCEL_IRQ_ENABLE, FL_ACCEL_IRQ_STATUS}) {
    write(offset, ~0U, 0b1110);
    EXPECT_EQ(read(offset), 0U) << "offset " << offset;
  }
}

// While a response waits, its own channel takes nothing new and the other direction goes on.
TEST_F(AxilRegs, ReadsAndWritesDoNotBlockEachOther) {
  bench_->s_axil_awvalid = 1;
  bench_->s_axil_wvalid = 1;
  bench_->s_axil_awaddr = FL_ACCEL_NUM_REPS;
  bench_->s_axil_wdata = 5;
  bench_->s_axil_wstrb = 0xf;
  bench_.cycle();
  bench_->s_axil_wdata = 6;
  EXPECT_EQ(read(FL_ACCEL_NUM_REPS, {0, 0, 3}), 5U);
  EXPECT_TRUE(bench_->s_axil_bvalid);
  EXPECT_FALSE(bench_->s_axil_awready);
  bench_->s_axil_bready = 1;
  bench_.cycle();
  bench_.cycle();
  bench_->s_axil_awvalid = 0;
  bench_->s_axil_wvalid = 0;
  bench_->s_axil_bready = 0;
  bench_.settle();
  EXPECT_TRUE(bench_->s_axil_bvalid);
  EXPECT_EQ(bench_->num_reps_o, 6U);
}

TEST_F(AxilRegs, ResetClearsEverything) {
  for (const auto& holder : holders()) {
    write(holder.offset, ~0U);
  }
  write(FL_ACCEL_GLOBAL_IRQ, 1);
  write(FL_ACCEL_IRQ_ENABLE, 3);
  write(FL_ACCEL_CONTROL, kStart | kAutoRestart);
  kernel_done();
  ASSERT_TRUE(bench_->irq_o);
  bench_.reset();
  for (std::uint32_t offset = 0; offset < FL_ACCEL_SPAN; offset += 4) {
    EXPECT_EQ(read(offset), offset == FL_ACCEL_CONTROL ? kIdle : 0) << "offset " << offset;
  }
  EXPECT_FALSE(bench_->start_o);
  EXPECT_FALSE(bench_->irq_o);
}

}  // namespace
}  // namespace fluence::test
