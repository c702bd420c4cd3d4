// docs/platform.md states what the headers state: these tests keep them equal.
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
#include "platform/memory_map.hpp"

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
       FL_NAMED(FL_ACCEL_NUM_REPS)});
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

}  // namespace
}  // namespace fluence
