// What the benches of the memory reader and the memory writer share.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <sstream>

#include "tests/rtl/support/burst_rules.hpp"
#include "tests/rtl/support/clocked.hpp"

namespace fluence::test {

/// The memory's pauses per channel and those of the stream.
struct MemoryStalls {
  const char* name;
  Pause address;
  Pause data;
  Pause response;
  Pause stream;
};

inline constexpr MemoryStalls kNoMemoryStalls = {"none", {}, {}, {}, {}};
inline constexpr MemoryStalls kMemoryStalls[] = {
    kNoMemoryStalls,
    {"address", {60, 5}, {}, {}, {}},
    {"data", {}, {50, 3}, {}, {}},
    {"response", {}, {}, {70, 9}, {}},
    {"stream", {}, {}, {}, {50, 3}},
    {"all", {30, 4}, {30, 2}, {30, 4}, {30, 2}},
    {"long", {5, 200}, {1, 200}, {5, 200}, {1, 200}},
};

inline constexpr std::uint64_t kTransferWords[] = {1, 15, 16, 17, 384};
// On and off burst boundaries, before a 4 KB boundary, and beyond 32 bits.
inline constexpr std::uint64_t kTransferAddresses[] = {
    0x0, 0x1000, 0x1008, 0x1078, 0x0ff8, 0x0f80, 0x1'2345'6e90, 0xffff'ffff'fff8'0048};

/// Calls `check(address, words, stalls, seed)` for every combination, with a trace of which it is.
template <class Check>
void for_all_transfers(const Check& check) {
  std::uint64_t seed = 1;
  for (const auto& stalls : kMemoryStalls) {
    for (const auto address : kTransferAddresses) {
      for (const auto words : kTransferWords) {
        std::ostringstream trace;
        trace << words << " words at 0x" << std::hex << address << ", stalls: " << stalls.name;
        SCOPED_TRACE(trace.str());
        ASSERT_NO_FATAL_FAILURE(check(address, words, stalls, seed++));
      }
    }
  }
}

/// The content of the word at an address, different everywhere.
inline std::uint64_t content(std::uint64_t address) { return Rng(address)(); }

}  // namespace fluence::test
