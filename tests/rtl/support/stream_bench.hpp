// Drives a block between two streams: words in, words out, pauses on both sides.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/rtl/support/clocked.hpp"

namespace fluence::test {

struct Stalls {
  const char* name;
  Pause producer;
  Pause consumer;
};

inline constexpr Stalls kNoStalls = {"none", {}, {}};
inline constexpr Stalls kStallPatterns[] = {
    kNoStalls,
    {"producer", {50, 1}, {}},
    {"consumer", {}, {50, 1}},
    {"both", {30, 2}, {30, 2}},
    {"slow producer", {90, 3}, {20, 1}},
    {"slow consumer", {20, 1}, {90, 3}},
    {"long", {2, 300}, {2, 300}},
};

struct Transfer {
  std::vector<Word> out;
  std::size_t taken = 0;     ///< input words
  std::uint64_t cycles = 0;  ///< from the first one driven to the one in which the last word moved
  std::string broken;        ///< the rule that the block broke; empty if none
};

/// Offers `in` to the block until `wanted` words have left it and `needed` words, which may be more than
/// those need, have entered. Ends early at a further word and at a broken rule: the output must not
/// depend on ready, and something must move within 1,000 cycles and the longest pauses.
template <class Dut>
Transfer transfer(Clocked<Dut>& bench, const std::vector<Word>& in, std::size_t wanted,
                  const Stalls& stalls, std::uint64_t seed, std::size_t needed = 0) {
  Pauses producer(stalls.producer, seed);
  Pauses consumer(stalls.consumer, ~seed);
  Rng noise(seed);
  Transfer result;
  bool offered = false;
  std::uint64_t last_move = 0;
  while (result.out.size() < wanted || (result.out.size() == wanted && result.taken < needed)) {
    offered = offered || (result.taken < in.size() && !producer());
    bench->valid_i = offered;
    // What stands on the wires of an idle stream must not matter.
    set_pin(bench->data_i, offered ? in[result.taken] : in[noise() % in.size()]);
    bench->ready_i = 0;
    bench.settle();
    const bool valid = bench->valid_o;
    const Word word = get_pin(bench->data_o);
    bench->ready_i = !consumer();
    bench.settle();
    if (bench->valid_o != valid || (valid && get_pin(bench->data_o) != word)) {
      result.broken = "the output waits for ready";
      return result;
    }
    const bool takes = offered && bench->ready_o;
    const bool gives = valid && bench->ready_i;
    bench.edge();
    ++result.cycles;
    if (takes) {
      ++result.taken;
      offered = false;
    }
    if (gives) {
      result.out.push_back(word);
    }
    if (takes || gives) {
      last_move = result.cycles;
    }
    if (result.cycles - last_move > 1000 + stalls.producer.longest + stalls.consumer.longest) {
      result.broken = "nothing moves any more";
      return result;
    }
  }
  return result;
}

/// Words that still come when nothing enters any more.
template <class Dut>
std::size_t surplus(Clocked<Dut>& bench) {
  std::size_t words = 0;
  bench->valid_i = 0;
  bench->ready_i = 1;
  for (int i = 0; i < 100; ++i) {
    bench.settle();
    words += bench->valid_o;
    bench.edge();
  }
  return words;
}

/// Expects the block to turn `in` into exactly `golden`.
template <class Dut>
void expect_transfer(Clocked<Dut>& bench, const std::vector<Word>& in, const std::vector<Word>& golden,
                     const Stalls& stalls, std::uint64_t seed) {
  SCOPED_TRACE(std::string("stalls: ") + stalls.name);
  const auto result = transfer(bench, in, golden.size(), stalls, seed, in.size());
  ASSERT_EQ(result.broken, "");
  ASSERT_EQ(result.taken, in.size());
  ASSERT_EQ(result.out.size() + surplus(bench), golden.size());
  for (std::size_t i = 0; i < golden.size(); ++i) {
    ASSERT_EQ(result.out[i], golden[i]) << "word " << i;
  }
  ASSERT_FALSE(bench.asserted());
}

/// The same under every stall pattern, one transfer after the other without a reset.
template <class Dut>
void expect_stream(Clocked<Dut>& bench, const std::vector<Word>& in, const std::vector<Word>& golden) {
  std::uint64_t seed = 1;
  for (const auto& stalls : kStallPatterns) {
    ASSERT_NO_FATAL_FAILURE(expect_transfer(bench, in, golden, stalls, seed++));
  }
}

/// Expects a reset in the middle of a transfer to leave no trace.
template <class Dut>
void expect_clean_reset(Clocked<Dut>& bench, const std::vector<Word>& in,
                        const std::vector<Word>& golden) {
  for (const auto part : {golden.size() / 3, golden.size() / 2 + 1}) {
    transfer(bench, in, part, kStallPatterns[3], part);
    bench.reset();
    ASSERT_NO_FATAL_FAILURE(expect_transfer(bench, in, golden, kNoStalls, 1));
  }
}

/// Cycles of an undisturbed transfer.
template <class Dut>
std::uint64_t undisturbed_cycles(Clocked<Dut>& bench, const std::vector<Word>& in, std::size_t wanted) {
  return transfer(bench, in, wanted, kNoStalls, 1, in.size()).cycles;
}

}  // namespace fluence::test
