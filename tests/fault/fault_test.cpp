#include "fault/fault.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"
#include "fault/engine.hpp"

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

// The host reads and writes 64 bits at a time.
TEST(FlippedBits, OfAWideWordLieInOneLimb) {
  EXPECT_THAT(flipped_bits(fault(61, 8), 144, Semantics::shipped), ElementsAre(61, 62, 63));
  EXPECT_THAT(flipped_bits(fault(64, 8), 67, Semantics::shipped), ElementsAre(64, 65, 66));
  EXPECT_THAT(flipped_bits(fault(70, kWholeWord), 72, Semantics::physical),
              ElementsAre(64, 65, 66, 67, 68, 69, 70, 71));
  EXPECT_EQ(flipped_mask(fault(61, 8), 144, Semantics::shipped), std::uint64_t{7} << 61);
  EXPECT_EQ(flipped_mask(fault(131, 8), 144, Semantics::source), 0xffU);
  EXPECT_EQ(flipped_mask(fault(131, 1), 144, Semantics::physical), 8U);
}

class CheckTrial : public testing::Test {
 protected:
  [[nodiscard]] std::string error(const FaultCase& trial,
                                  Semantics semantics = Semantics::physical) const {
    try {
      check_trial(trial, semantics, sites_, 2);
      return "";
    } catch (const InputError& e) {
      return e.what();
    }
  }
  static Fault at_cycle(const Site& site) { return {std::nullopt, 5, site}; }
  static Fault before(std::int64_t image, const Site& site, int word_size = 1) {
    return {image, std::nullopt, site, word_size};
  }

  SiteMap sites_{topology("cnvW1A1")};
  Site weight_{Space::weights, 0};
};

TEST_F(CheckTrial, TakesWhatSomeEngineCanRun) {
  const Site pool{Space::pool, 1};
  EXPECT_EQ(error({7, 2, {at_cycle(weight_), at_cycle(pool)}}), "");
  EXPECT_EQ(error({7, 2, {before(1, pool, 8), before(1, weight_)}}), "");
  EXPECT_EQ(error({7, 1, {before(0, weight_), before(0, weight_)}}, Semantics::source), "");
  EXPECT_EQ(error({7, 2, {before(1, weight_), before(0, weight_)}}, Semantics::shipped), "");
}

TEST_F(CheckTrial, RefusesWhatNoneCan) {
  EXPECT_EQ(error({7, 3, {}}), "case 7 runs 3 images: use 1 to 2, or give more images");
  EXPECT_EQ(error({7, 0, {}}), "case 7 runs 0 images: use 1 to 2, or give more images");
  EXPECT_EQ(error({7, 2, {{std::nullopt, std::nullopt, weight_}}}),
            "fault 0 of case 7 needs one time: give either before_image or cycle");
  EXPECT_EQ(error({7, 2, {{0, 5, weight_}}}),
            "fault 0 of case 7 needs one time: give either before_image or cycle");
  EXPECT_EQ(error({7, 2, {at_cycle(weight_), before(1, weight_)}}),
            "case 7 mixes times by image and by cycle: use one of them for all its faults");
  EXPECT_EQ(error({7, 2, {at_cycle(weight_)}}, Semantics::source),
            "fault 0 of case 7 is timed by cycle, which the board's host cannot do: use --semantics "
            "physical or give before_image");
  EXPECT_EQ(error({7, 2, {before(0, weight_), before(2, weight_)}}),
            "fault 1 of case 7 comes before image 2: use 0 to 1");
  EXPECT_EQ(error({7, 2, {before(-1, weight_)}}), "fault 0 of case 7 comes before image -1: use 0 to 1");
  EXPECT_EQ(error({7, 2, {before(0, {Space::fifo, 0})}}, Semantics::shipped),
            "fault 0 of case 7 is in fifo, which the board's host cannot reach: use --semantics "
            "physical");
  EXPECT_EQ(error({7, 2, {before(0, weight_, 4)}}), "fault 0 of case 7 has word_size 4: use 1, 8 or 64");
  EXPECT_EQ(error({7, 2, {before(0, {Space::weights, 0, 16})}}),
            "module 16 does not exist in weights of layer 0 of cnvW1A1: use 0 to 15");
}

TEST_F(CheckTrial, TheShippedLibraryDoesOneFaultBeforeAnImage) {
  EXPECT_EQ(error({7, 2, {before(1, weight_), before(0, weight_), before(1, {Space::weights, 2})}},
                  Semantics::shipped),
            "fault 2 of case 7 is the second one before image 1, and the shipped library does one at "
            "most: use --semantics source or another image");
}

TEST_F(CheckTrial, RefusesFaultsThatHoldNothingOrWhatAnotherHolds) {
  auto held = [&](FaultKind kind, std::optional<std::uint64_t> duration, std::uint64_t cycle = 5,
                  int bit = 0) {
    auto fault = at_cycle(weight_);
    fault.cycle = cycle;
    fault.site.bit = bit;
    fault.kind = kind;
    fault.duration = duration;
    return fault;
  };
  using enum FaultKind;
  EXPECT_EQ(error({7, 2, {held(stuck1, {}), held(flip, {}), held(intermittent, 3, 5, 1)}}), "");
  EXPECT_EQ(error({7, 2, {held(stuck1, 5), held(stuck0, 5, 10), held(intermittent, 1, 15)}}), "");
  EXPECT_EQ(error({7, 2, {held(flip, 3)}}),
            "fault 0 of case 7 is a flip, which has no duration: leave it out, or give another kind");
  EXPECT_EQ(error({7, 2, {held(intermittent, {})}}),
            "fault 0 of case 7 of kind intermittent lasts no time: give a duration of 1 or more");
  EXPECT_EQ(error({7, 2, {held(stuck0, 0)}}),
            "fault 0 of case 7 of kind stuck0 lasts no time: give a duration of 1 or more");
  const std::string twice =
      "two faults of case 7 hold bit 0 of one word of weights of layer 0 at one time: leave one of them "
      "out, or let one end before the other begins";
  EXPECT_EQ(error({7, 2, {held(stuck0, {}), held(stuck0, 1, 100)}}), twice);
  EXPECT_EQ(error({7, 2, {held(stuck1, 2, 9), held(intermittent, 5)}}), twice);
  auto group = held(stuck1, {});
  group.word_size = 8;
  EXPECT_EQ(
      error({7, 2, {held(stuck1, {}, 5, 1), group}}),
      "two faults of case 7 hold bit 1 of one word of weights of layer 0 at one time: leave one of "
      "them out, or let one end before the other begins");

  auto by_image = before(1, weight_);
  by_image.kind = stuck1;
  EXPECT_EQ(error({7, 2, {by_image}}, Semantics::source), "");
  EXPECT_EQ(error({7, 2, {by_image}}, Semantics::shipped),
            "fault 0 of case 7 is of kind stuck1, which semantics shipped does not know: use "
            "--semantics physical");
  by_image.kind = intermittent;
  by_image.duration = 1;
  EXPECT_EQ(error({7, 2, {by_image}}, Semantics::source),
            "fault 0 of case 7 is of kind intermittent, which semantics source does not know: use "
            "--semantics physical");
}

TEST(Names, KindsRoundTrip) {
  for (const auto* name : {"flip", "stuck0", "stuck1", "intermittent"}) {
    EXPECT_EQ(to_string(fault_kind_from_string(name)), name);
  }
  EXPECT_THROW(fault_kind_from_string("stuck"), InputError);
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
