#include "fault/fault.hpp"

#include <gmock/gmock.h>

#include "fault/engine.hpp"
#include "network/error.hpp"

namespace fluence {
namespace {

using ::testing::ElementsAre;

Fault fault(int bit, int word_size) {
  Fault f;
  f.site.bit = bit;
  f.word_size = word_size;
  return f;
}

TEST(FlippedBits, SingleBitUpsetFlipsTheDrawnBitUnderEverySemantics) {
  for (const auto semantics : {Semantics::physical, Semantics::source, Semantics::shipped}) {
    EXPECT_THAT(flipped_bits(fault(5, 1), 16, semantics), ElementsAre(5));
  }
}

TEST(FlippedBits, BurstIsTheAlignedGroupThatHoldsTheDrawnBit) {
  for (const int bit : {8, 11, 15}) {
    EXPECT_THAT(flipped_bits(fault(bit, 8), 32, Semantics::source),
                ElementsAre(8, 9, 10, 11, 12, 13, 14, 15));
    EXPECT_THAT(flipped_bits(fault(bit, 8), 32, Semantics::physical),
                ElementsAre(8, 9, 10, 11, 12, 13, 14, 15));
  }
}

TEST(FlippedBits, BurstLosesBitsBeyondTheWord) {
  EXPECT_THAT(flipped_bits(fault(2, 8), 3, Semantics::source), ElementsAre(0, 1, 2));
  EXPECT_THAT(flipped_bits(fault(17, 8), 18, Semantics::physical), ElementsAre(16, 17));
}

TEST(FlippedBits, ShippedBurstRunsUpwardFromTheDrawnBit) {
  EXPECT_THAT(flipped_bits(fault(5, 8), 32, Semantics::shipped), ElementsAre(5, 6, 7, 8, 9, 10, 11, 12));
  EXPECT_THAT(flipped_bits(fault(30, 8), 32, Semantics::shipped), ElementsAre(30, 31));
}

TEST(Names, SemanticsRoundTrip) {
  for (const auto semantics : {Semantics::physical, Semantics::source, Semantics::shipped}) {
    EXPECT_EQ(semantics_from_string(to_string(semantics)), semantics);
  }
  try {
    semantics_from_string("magical");
    FAIL() << "an unknown name was taken";
  } catch (const InputError& e) {
    EXPECT_STREQ(e.what(), "unknown semantics 'magical': use one of physical, source, shipped");
  }
}

TEST(Names, FatesAreThoseOfTheResultsSchema) {
  EXPECT_EQ(to_string(Fate::unknown), "unknown");
  EXPECT_EQ(to_string(Fate::never_read), "never_read");
  EXPECT_EQ(to_string(Fate::overwritten), "overwritten");
  EXPECT_EQ(to_string(Fate::read), "read");
}

}  // namespace
}  // namespace fluence
