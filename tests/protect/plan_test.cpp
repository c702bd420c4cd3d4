// What corrects what, goals as they are written, and what a synthesizer's cells take.
#include "protect/plan.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

#include "base/error.hpp"
#include "base/process.hpp"

namespace fluence {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Corrects, SingleBitsIfTheCodecDoes) {
  for (int bits = 1; bits <= 32; ++bits) {
    for (const auto mode : {MapMode::seu, MapMode::stuck0, MapMode::stuck1}) {
      EXPECT_TRUE(corrects(find_codec("tmr"), bits, mode)) << bits;
      if (const auto& secded = find_codec("secded"); secded.refusal(bits).empty()) {
        EXPECT_TRUE(corrects(secded, bits, mode)) << bits;
      }
      for (const auto* name : {"none", "duplicate", "parity 4", "interleave 4"}) {
        EXPECT_FALSE(corrects(find_codec(name), bits, mode)) << name << " " << bits;
      }
    }
  }
}

TEST(Corrects, GroupsOfBitsIfCopiesDo) {
  for (const int bits : {1, 8, 16, 24, 32}) {
    EXPECT_TRUE(corrects(find_codec("tmr-writeback"), bits, MapMode::mbu)) << bits;
    EXPECT_FALSE(corrects(find_codec("secded"), bits, MapMode::mbu)) << bits;
  }
}

TEST(ProtectionGoal, IsWhatIsWritten) {
  EXPECT_EQ(ProtectionGoal::of_budget("bits=2%").budget, (GoalNumber{2, true}));
  EXPECT_EQ(ProtectionGoal::of_budget("bits=4096").budget, (GoalNumber{4096, false}));
  EXPECT_EQ(ProtectionGoal::of_budget("luts=500").unit, CostUnit::luts);
  EXPECT_EQ(ProtectionGoal::of_budget("bram=4").unit, CostUnit::block_rams);
  EXPECT_EQ(ProtectionGoal::of_target("critical=12.5%").target, (GoalNumber{12.5, true}));
  EXPECT_EQ(ProtectionGoal::of_target("critical=0.001").target, (GoalNumber{0.001, false}));
}

TEST(ProtectionGoal, PerCentOfAWholeAreWholeWhereTheyShouldBe) {
  for (int number = 0; number <= 100; ++number) {
    EXPECT_EQ((GoalNumber{static_cast<double>(number), true}.of(1700)), 17 * number);
  }
}

TEST(ProtectionGoal, IsRefusedIfItIsNone) {
  for (const auto* text :
       {"", "bits", "bits=", "bits=nan", "bits=inf", "bits=-1", "bits=101%", "bits=2 %", "bits=2%%",
        "bit=2", "luts=2%", "bram=1e99", "bits=0x10", "critical=1%"}) {
    EXPECT_THAT([&] { static_cast<void>(ProtectionGoal::of_budget(text)); },
                ThrowsMessage<InputError>(HasSubstr("give bits=N%")))
        << text;
  }
  for (const auto* text : {"critical", "critical=2", "critical=nan", "critical=-1%", "critical=101%"}) {
    EXPECT_THAT([&] { static_cast<void>(ProtectionGoal::of_target(text)); },
                ThrowsMessage<InputError>(HasSubstr("give critical=X%")))
        << text;
  }
}

TEST(LogicCost, IsTheSumOfCells) {
  const LogicCost expected{2 + 4 * 5 + 3 * 4, 7 + 1, 2 + 2};
  EXPECT_EQ(cost_of_cells(R"({"design": {"num_cells_by_type": {"LUT6": 2, "RAM64M": 5, "RAM256X1S": 3,
      "MUXF7": 9, "FDRE": 7, "FDSE": 1, "RAMB18E1": 2, "RAMB36E1": 1}}})"),
            expected);
  EXPECT_THROW(static_cast<void>(cost_of_cells(R"({"design": {"num_cells_by_type": {"DSP48E1": 1}}})")),
               std::runtime_error);
}

TEST(LogicCost, IsSynthesizedOnce) {
  if (!is_installed("yosys")) {
    GTEST_SKIP() << "needs yosys";
  }
  ProtectedStorage storage;
  storage.cells = 1;
  storage.words = 512;
  storage.bits = 8;
  int begun = 0;
  const auto count = [&](const std::string&) { ++begun; };
  const auto plain = memory_cost(storage, plain_codec(), count);
  const auto copies = memory_cost(storage, find_codec("tmr"), count);
  EXPECT_EQ(copies.block_rams, 3 * plain.block_rams);
  EXPECT_GE(plain.block_rams, 1);
  EXPECT_GE(copies.luts, plain.luts + 8);  // a vote a bit
  storage.words = 2304;
  storage.bits = 32;
  EXPECT_EQ(memory_cost(storage, plain_codec(), count).block_rams, 5);  // of 18 Kibit, 512 x 36 each
  storage.words = 512;
  storage.bits = 8;
  const int before = begun;
  EXPECT_EQ(memory_cost(storage, find_codec("tmr"), count), copies);
  EXPECT_EQ(begun, before);
}

}  // namespace
}  // namespace fluence
