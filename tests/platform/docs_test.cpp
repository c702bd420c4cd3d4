// docs/platform.md states what the headers state and what the driver does: these tests keep them equal.
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "fluence/accel_regs.h"
#include "fluence/intc_regs.h"
#include "fluence/timer_regs.h"
#include "fluence/uart_regs.h"
#include "platform/driver_shape.hpp"
#include "platform/memory_map.hpp"
#include "platform/platform.hpp"
#include "sw/driver/accel_driver.h"
#include "sw/driver/intc_driver.h"

namespace fluence {
namespace {

using Row = std::vector<std::string>;

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" `");
  const auto last = text.find_last_not_of(" `");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

// The rows of the table under a heading, without its two header lines.
std::vector<Row> table(const std::string& heading) {
  std::ifstream file(std::string(FLUENCE_SOURCE_DIR) + "/docs/platform.md");
  std::vector<Row> rows;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) {
      inside = line.ends_with(" " + heading);
    } else if (inside && line.starts_with("|")) {
      Row row;
      std::istringstream cells(line.substr(1));
      for (std::string cell; std::getline(cells, cell, '|');) {
        row.push_back(trimmed(cell));
      }
      rows.push_back(row);
    }
  }
  EXPECT_GE(rows.size(), 2U) << "no table under " << heading;
  rows.erase(rows.begin(), rows.begin() + std::min<std::ptrdiff_t>(2, std::ssize(rows)));
  return rows;
}

std::uint64_t number(const std::string& text) { return std::stoull(text, nullptr, 16); }

template <class Entries>
void expect_map(const std::string& heading, const Entries& entries) {
  const auto rows = table(heading);
  ASSERT_EQ(rows.size(), entries.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].at(0), entries[i].name);
    EXPECT_EQ(number(rows[i].at(1)), entries[i].base) << rows[i][0];
    EXPECT_EQ(number(rows[i].at(2)), entries[i].base + (entries[i].size - 1)) << rows[i][0];
  }
}

void expect_registers(const std::string& heading, const std::map<std::string, std::uint64_t>& regs) {
  std::map<std::string, std::uint64_t> documented;
  for (const auto& row : table(heading)) {
    documented[row.at(1)] = number(row.at(0));
  }
  EXPECT_EQ(documented, regs);
}

#define FL_NAMED(macro) \
  { #macro, macro }

TEST(PlatformDocs, MemoryMap) { expect_map("Memory map", kMemoryMap); }

TEST(PlatformDocs, Buffers) { expect_map("Buffers of the host software", kBuffers); }

TEST(PlatformDocs, AcceleratorRegisters) {
  expect_registers(
      "Accelerator registers",
      {FL_NAMED(FL_ACCEL_CONTROL), FL_NAMED(FL_ACCEL_GLOBAL_IRQ), FL_NAMED(FL_ACCEL_IRQ_ENABLE),
       FL_NAMED(FL_ACCEL_IRQ_STATUS), FL_NAMED(FL_ACCEL_INPUT_LOW), FL_NAMED(FL_ACCEL_INPUT_HIGH),
       FL_NAMED(FL_ACCEL_OUTPUT_LOW), FL_NAMED(FL_ACCEL_OUTPUT_HIGH), FL_NAMED(FL_ACCEL_DO_INIT),
       FL_NAMED(FL_ACCEL_TARGET_LAYER), FL_NAMED(FL_ACCEL_TARGET_MEM), FL_NAMED(FL_ACCEL_TARGET_IND),
       FL_NAMED(FL_ACCEL_TARGET_THRESH), FL_NAMED(FL_ACCEL_VAL_LOW), FL_NAMED(FL_ACCEL_VAL_HIGH),
       FL_NAMED(FL_ACCEL_NUM_REPS), FL_NAMED(FL_ACCEL_TARGET_MODULE), FL_NAMED(FL_ACCEL_CORRECTED),
       FL_NAMED(FL_ACCEL_DETECTED)});
}

TEST(PlatformDocs, InterruptControllerRegisters) {
  expect_registers("Interrupt controller registers",
                   {FL_NAMED(FL_INTC_STATUS), FL_NAMED(FL_INTC_ENABLE), FL_NAMED(FL_INTC_PENDING),
                    FL_NAMED(FL_INTC_ACKNOWLEDGE), FL_NAMED(FL_INTC_END), FL_NAMED(FL_INTC_ACTIVE)});
}

TEST(PlatformDocs, TimerRegisters) {
  expect_registers("Timer registers", {FL_NAMED(FL_TIMER_COUNT_LOW), FL_NAMED(FL_TIMER_COUNT_HIGH),
                                       FL_NAMED(FL_TIMER_ALARM), FL_NAMED(FL_TIMER_STATUS)});
}

TEST(PlatformDocs, UartRegisters) {
  expect_registers("UART registers", {FL_NAMED(FL_UART_DATA), FL_NAMED(FL_UART_STATUS)});
}

// The driver's accesses as rows of the tables: access, register and, where the table states a number,
// that. Reads of one register in a row count once.
class Recorder {
 public:
  Recorder(NativeHost& host, bool interrupts) : inner_(host.driver_bus(interrupts)) {}

  fl_bus bus() { return {this, read32, write32, inner_.wait_irq != nullptr ? wait_irq : nullptr}; }
  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }

 private:
  static int read32(void* self, std::uint64_t address, std::uint32_t* value) {
    auto& recorder = *static_cast<Recorder*>(self);
    const Row row{"read", name_of(address), ""};
    if (recorder.rows_.empty() || recorder.rows_.back() != row || row[1] == "memory") {
      recorder.rows_.push_back(row);
    }
    return recorder.inner_.read32(recorder.inner_.ctx, address, value);
  }
  static int write32(void* self, std::uint64_t address, std::uint32_t value) {
    auto& recorder = *static_cast<Recorder*>(self);
    recorder.rows_.push_back({"write", name_of(address), std::to_string(value)});
    return recorder.inner_.write32(recorder.inner_.ctx, address, value);
  }
  static int wait_irq(void* self) {
    auto& recorder = *static_cast<Recorder*>(self);
    recorder.rows_.push_back({"", "", ""});
    return recorder.inner_.wait_irq(recorder.inner_.ctx);
  }
  static std::string name_of(std::uint64_t address) {
    static const auto registers = table("Accelerator registers");
    for (const auto& row : registers) {
      if (kAccelerator.base + number(row.at(0)) == address) {
        return row.at(1);
      }
    }
    return address < kDram.size ? "memory" : "?";
  }

  fl_bus inner_;
  std::vector<Row> rows_;
};

struct Sequence : testing::Test {
  const Topology& net = topology("cnvW1A1");
  const DriverShape shape{net};
  Platform board{"board", net, {}};

  template <class Body>
  void expect_sequence(const std::string& heading, bool interrupts, Body body) {
    std::vector<Row> recorded;
    board.host().run([&](NativeHost& host) {
      auto bus = host.driver_bus(interrupts);
      fl_intc_enable(&bus, kIntc.base, FL_BOARD_ACCEL_LINE);
      Recorder recorder(host, interrupts);
      bus = recorder.bus();
      body(fl_accel{&bus, kAccelerator.base, 0, &shape.shape()});
      recorded = recorder.rows();
    });
    const auto documented = table(heading);
    ASSERT_EQ(recorded.size(), documented.size());
    for (std::size_t i = 0; i < recorded.size(); ++i) {
      EXPECT_EQ(recorded[i][0], documented[i].at(1)) << "row " << i;
      EXPECT_EQ(recorded[i][1], documented[i].at(2)) << "row " << i;
      const auto value = documented[i].at(3).substr(0, documented[i].at(3).find(','));
      if (recorded[i][0] == "write" && value.find_first_not_of("0123456789") == std::string::npos) {
        EXPECT_EQ(recorded[i][2], value) << "row " << i;
      }
    }
  }
};

constexpr fl_word kSomeWord{FL_THRESHOLDS, 3, 2, 7, 0, 0};

TEST_F(Sequence, WriteAParameterWord) {
  expect_sequence("Write a parameter word", false, [](const fl_accel& accel) {
    EXPECT_EQ(fl_accel_write_word(&accel, &kSomeWord, 5), FL_OK);
  });
}

TEST_F(Sequence, ReadAParameterWord) {
  expect_sequence("Read a parameter word", false, [](const fl_accel& accel) {
    std::uint64_t value = 0;
    EXPECT_EQ(fl_accel_read_word(&accel, &kSomeWord, kScratch.base, &value), FL_OK);
  });
}

TEST_F(Sequence, RunByInterrupt) {
  expect_sequence("Run images by interrupt", true, [](const fl_accel& accel) {
    EXPECT_EQ(fl_accel_start(&accel, kImageBuffer.base, kScoreBuffer.base, 2), FL_OK);
    EXPECT_EQ(fl_accel_wait(&accel), FL_OK);
  });
}

TEST_F(Sequence, RunByPolling) {
  expect_sequence("Run images by polling", false, [](const fl_accel& accel) {
    EXPECT_EQ(fl_accel_start(&accel, kImageBuffer.base, kScoreBuffer.base, 2), FL_OK);
    EXPECT_EQ(fl_accel_wait(&accel), FL_OK);
  });
}

}  // namespace
}  // namespace fluence
