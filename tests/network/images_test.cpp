#include "network/images.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include <fstream>

#include "base/error.hpp"
#include "network/decision.hpp"
#include "tests/support/data.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

template <typename Action>
std::string error_of(Action action) {
  try {
    action();
    return "";
  } catch (const InputError& e) {
    return e.what();
  }
}

std::string load_error(const std::string& file) {
  return error_of([&] { ImageSet::load(file); });
}

void write_image_file(const std::string& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

TEST(Images, PixelCodesAreThoseOfTheBoards) {
  EXPECT_EQ(pixel_code(0), -128);
  EXPECT_EQ(pixel_code(127), -1);
  EXPECT_EQ(pixel_code(128), 1);
  EXPECT_EQ(pixel_code(255), 127);
  FLUENCE_NEEDS_DATA();
  std::ifstream in(data_dir() / "cifar10/pixel_codes.txt");
  int lines = 0;
  for (int value = 0, code = 0; in >> value >> code; ++lines) {
    EXPECT_EQ(pixel_code(static_cast<std::uint8_t>(value)), code) << value;
  }
  EXPECT_EQ(lines, 256);
}

TEST(Images, MemoryHoldsPixelsWithTheirColoursSideBySide) {
  Image image;
  image.planes[0] = 255;          // R of pixel 0
  image.planes[1024 + 2] = 128;   // G of pixel 2
  image.planes[2048 + 1023] = 0;  // B of the last pixel
  const auto codes = image.codes();
  EXPECT_EQ(codes[0], 127);
  EXPECT_EQ(codes[7], 1);
  EXPECT_EQ(codes[3071], -128);
  const auto words = image.memory_words();
  EXPECT_EQ(words[0], 0x018080808080807fU);
  EXPECT_EQ(words[383], 0x8080808080808080U);
}

TEST(Images, ReadsRecordsInOrder) {
  const TempDir folder;
  std::string records(2 * 3073, '\x10');
  records[0] = 3;
  records[1] = '\x21';
  records[3073] = 9;
  records.back() = '\x42';
  write_image_file(folder.file("two.bin"), records);
  const auto images = ImageSet::load(folder.file("two.bin"));
  ASSERT_EQ(images.size(), 2);
  EXPECT_EQ(images[0].label, 3);
  EXPECT_EQ(images[0].planes[0], 0x21);
  EXPECT_EQ(images[1].label, 9);
  EXPECT_EQ(images[1].planes[3071], 0x42);
}

TEST(Images, BadFilesAreNamed) {
  const TempDir folder;
  EXPECT_THAT(load_error(folder.file("missing.bin")), HasSubstr("missing.bin"));
  write_image_file(folder.file("empty.bin"), "");
  EXPECT_THAT(load_error(folder.file("empty.bin")), AllOf(HasSubstr("empty.bin"), HasSubstr("0 bytes")));
  write_image_file(folder.file("short.bin"), std::string(3072, '\1'));
  EXPECT_THAT(load_error(folder.file("short.bin")),
              AllOf(HasSubstr("short.bin"), HasSubstr("3072 bytes")));
  write_image_file(folder.file("label.bin"), std::string(3073, '\1') + std::string(3073, '\100'));
  EXPECT_THAT(load_error(folder.file("label.bin")),
              AllOf(HasSubstr("image 1"), HasSubstr("label.bin"), HasSubstr("label 64")));
  EXPECT_THAT(load_error(folder.path().string()), HasSubstr(folder.path().string()));
}

TEST(Images, TruncateKeepsTheFirst) {
  ImageSet images({random_image(1), random_image(2), random_image(3)});
  const auto all = images.digest();
  const auto second = images[1].planes;
  EXPECT_THAT(error_of([&] { images.truncate(4); }), AllOf(HasSubstr("4"), HasSubstr("3")));
  EXPECT_NE(error_of([&] { images.truncate(0); }), "");
  images.truncate(2);
  ASSERT_EQ(images.size(), 2);
  EXPECT_EQ(images[1].planes, second);
  EXPECT_NE(images.digest(), all);
}

TEST(Images, DigestCoversLabels) {
  auto image = random_image(1);
  const auto before = ImageSet({image}).digest();
  image.label = 1;
  EXPECT_NE(ImageSet({image}).digest(), before);
}

TEST(Images, TheFirstOfTheHighestScoresWins) {
  Scores scores(64);
  EXPECT_EQ(classify(scores, 10), 0);
  scores[4] = 7;
  scores[6] = 7;
  EXPECT_EQ(classify(scores, 10), 4);
  scores[63] = 100;  // no class
  EXPECT_EQ(classify(scores, 10), 4);
  std::ranges::fill(scores, std::int16_t{-5});  // the host starts from class 0 and value 0
  EXPECT_EQ(classify(scores, 10), 0);
}

}  // namespace
}  // namespace fluence::test
