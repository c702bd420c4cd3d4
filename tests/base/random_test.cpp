#include "base/random.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>

namespace fluence {
namespace {

TEST(TrialRandom, IsPhilox4x64OfKeyAndCounter) {
  // Known answer of the Random123 distribution for key 0 and counter 0.
  TrialRandom zero(0, 0, 0);
  EXPECT_EQ(zero.next(), 0x16554d9eca36314cU);
  EXPECT_EQ(zero.next(), 0xdb20fe9d672d0fdcU);
  EXPECT_EQ(zero.next(), 0xd7e772cee186176bU);
  EXPECT_EQ(zero.next(), 0x7e68b68aec7ba23bU);
}

TEST(TrialRandom, KeysGiveStreamsOfTheirOwn) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    for (std::uint64_t scenario = 0; scenario < 4; ++scenario) {
      for (std::uint64_t trial = 0; trial < 4; ++trial) {
        TrialRandom random(seed, scenario, trial);
        for (int i = 0; i < 9; ++i) {
          EXPECT_TRUE(seen.insert(random.next()).second);
        }
      }
    }
  }
}

}  // namespace
}  // namespace fluence
