#include "network/synthetic.hpp"

#include <gmock/gmock.h>
#include <png.h>

#include <fstream>
#include <set>
#include <string>

#include "tests/support/temp_dir.hpp"

namespace fluence::test {
namespace {

TEST(Synthetic, BytesAreTheSameOnEveryMachine) {
  EXPECT_EQ(synthetic_images(kSyntheticTestSeed, 0, 100).digest(), "89e117eb2c112656");
  EXPECT_EQ(synthetic_images(kSyntheticTrainSeed, 49'900, 100).digest(), "4871f79e5db437be");
}

TEST(Synthetic, ImageDependsOnSeedAndIndexAlone) {
  const auto many = synthetic_images(7, 0, 12);
  const auto few = synthetic_images(7, 5, 3);
  ASSERT_EQ(few.size(), 3);
  for (int i = 0; i < few.size(); ++i) {
    EXPECT_EQ(few[i].label, many[5 + i].label);
    EXPECT_EQ(few[i].planes, many[5 + i].planes);
  }
}

TEST(Synthetic, NoImageIsInBothSets) {
  std::set<std::string> seen;
  for (const auto seed : {kSyntheticTestSeed, kSyntheticTrainSeed}) {
    const auto images = synthetic_images(seed, 0, 1000);
    for (int i = 0; i < images.size(); ++i) {
      const std::string bytes(images[i].planes.begin(), images[i].planes.end());
      EXPECT_TRUE(seen.insert(bytes).second) << "seed " << seed << ", image " << i;
    }
  }
}

TEST(Synthetic, ClassesAreEquallyFrequent) {
  const auto images = synthetic_images(kSyntheticTestSeed, 0, 5000);
  std::array<int, kSyntheticClassCount> count{};
  for (int i = 0; i < images.size(); ++i) {
    ++count.at(images[i].label);
  }
  EXPECT_THAT(count, ::testing::Each(::testing::AllOf(::testing::Gt(400), ::testing::Lt(600))));
}

TEST(Synthetic, ImagesSurviveTheirFile) {
  const TempDir dir;
  const auto images = synthetic_images(3, 0, 5);
  std::ofstream(dir.file("images.bin"), std::ios::binary) << cifar10_bytes(images);
  EXPECT_EQ(ImageSet::load(dir.file("images.bin")).digest(), images.digest());
}

TEST(Synthetic, ContactSheetShowsEachImageInItsClassRow) {
  const auto images = synthetic_images(3, 0, 40);
  constexpr int kColumns = 2;
  const auto file = contact_sheet_png(images, kColumns);
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  ASSERT_TRUE(png_image_begin_read_from_memory(&header, file.data(), file.size()));
  header.format = PNG_FORMAT_RGB;
  ASSERT_EQ(header.width, 2 * 68u + 4);
  ASSERT_EQ(header.height, 10 * 68u + 4);
  std::vector<unsigned char> pixels(PNG_IMAGE_SIZE(header));
  ASSERT_TRUE(png_image_finish_read(&header, nullptr, pixels.data(), 0, nullptr));
  std::array<int, kSyntheticClassCount> shown{};
  for (int i = 0; i < images.size(); ++i) {
    const auto& image = images[i];
    const int column = shown.at(image.label)++;
    if (column >= kColumns) {
      continue;
    }
    // The pixel at x = 9, y = 20, its lower right copy, green.
    const auto row = static_cast<std::size_t>(4 + image.label * 68 + 2 * 20 + 1);
    const auto at = row * header.width + static_cast<std::size_t>(4 + column * 68 + 2 * 9 + 1);
    EXPECT_EQ(pixels[at * 3 + 1], image.planes[1024 + 20 * 32 + 9]) << "image " << i;
  }
}

}  // namespace
}  // namespace fluence::test
