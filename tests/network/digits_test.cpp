#include "network/digits.hpp"

#include <gmock/gmock.h>

#include <array>
#include <set>
#include <string>

#include "base/error.hpp"
#include "network/synthetic.hpp"

namespace fluence::test {
namespace {

ImageShape digits() { return topology("lfcW1A1").image(); }

TEST(Digits, ImageDependsOnSeedAndIndexAlone) {
  const auto many = digit_images(digits(), 7, 0, 12);
  const auto few = digit_images(digits(), 7, 5, 3);
  ASSERT_EQ(few.size(), 3);
  for (int i = 0; i < few.size(); ++i) {
    EXPECT_EQ(few[i].label, many[5 + i].label);
    EXPECT_EQ(few[i].planes, many[5 + i].planes);
  }
}

TEST(Digits, BytesAreTheSameOnEveryMachine) {
  EXPECT_EQ(digit_images(digits(), kSyntheticTestSeed, 0, 100).digest(), "85f3881c83560d02");
  EXPECT_EQ(digit_images(digits(), kSyntheticTrainSeed, 9'900, 100).digest(), "f4036655839b3573");
}

TEST(Digits, NoImageIsInBothSetsAndClassesAreEquallyFrequent) {
  std::set<std::string> seen;
  std::array<int, kSyntheticClassCount> count{};
  for (const auto seed : {kSyntheticTestSeed, kSyntheticTrainSeed}) {
    const auto images = digit_images(digits(), seed, 0, 500);
    for (int i = 0; i < images.size(); ++i) {
      EXPECT_TRUE(seen.emplace(images[i].planes.begin(), images[i].planes.end()).second)
          << "seed " << seed << ", image " << i;
      ++count.at(images[i].label);
    }
  }
  EXPECT_THAT(count, ::testing::Each(::testing::AllOf(::testing::Gt(60), ::testing::Lt(140))));
}

TEST(EmbeddedImages, AreThoseThatANetworkTakes) {
  EXPECT_EQ(embedded_images(kCifar10, 3, 1, 2).digest(), synthetic_images(3, 1, 2).digest());
  EXPECT_EQ(embedded_images(digits(), 3, 1, 2).digest(), digit_images(digits(), 3, 1, 2).digest());
  EXPECT_THROW(embedded_images(ImageShape(16, 1), 3, 1, 2), InputError);
}

}  // namespace
}  // namespace fluence::test
