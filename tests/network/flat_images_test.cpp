// Networks that take an image on one pixel, filled up to their inputs: signs of pixels, sums and counts
// of one-bit products, scores of one bit.
#include <gmock/gmock.h>

#include <cstdint>
#include <fstream>
#include <string>

#include "base/error.hpp"
#include "network/decision.hpp"
#include "network/image_arrays.hpp"
#include "network/network_file.hpp"
#include "network/packed.hpp"
#include "network/reference.hpp"
#include "network/score_words.hpp"
#include "tests/support/board_data.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence::test {
namespace {

using ::testing::HasSubstr;

constexpr auto kHardware = R"({
  "format": "fluence hardware 1",
  "network": "small",
  "image_fifo_depth": 8,
  "layers": [
    {"simd": 16, "pe": 4, "accumulator_bits": 16, "stream_bits": 64, "fifo_depth": 2},
    {"simd": 8, "pe": 8, "accumulator_bits": 16, "stream_bits": 64, "fifo_depth": 2}
  ]
})";

std::string network_with(const std::string& image, const std::string& first) {
  return R"({
  "format": "fluence network 2",
  "hardware": "small",
  "image": {"height": 3, "width": 5, "channels": 1, )" +
         image + R"(},
  "layers": [
    {"kind": "full", "channels": 32, "weight_bits": 1, )" +
         first + R"(},
    {"kind": "full", "channels": 64, "weight_bits": 1, "thresholds": 1, "output_bits": 1, "output_numbers": "unsigned"}
  ],
  "decision": "highest_bit"
})";
}

constexpr auto kSigns = R"("bits": 1, "numbers": "pixel signs", "inputs": 64)";
constexpr auto kOneBit = R"("thresholds": 1, "output_bits": 1)";

Topology small(const std::string& image = kSigns, const std::string& first = kOneBit) {
  return parse_topology({network_with(image, first), "small.network.json", "small"},
                        {kHardware, "small.hardware.json", "small"});
}

std::string refusal(const std::string& image) {
  try {
    small(image);
    return "not refused";
  } catch (const InputError& e) {
    return e.what();
  }
}

TEST(FlatImages, AreSignsOfPixelsFilledUp) {
  const auto net = small();
  const auto shape = net.image();
  EXPECT_EQ(shape.values(), 15);
  EXPECT_EQ(shape.codes(), 64);
  EXPECT_EQ(shape.words(), 1);
  Image image(shape);
  image.planes[1] = 127;
  image.planes[2] = 128;
  image.planes[14] = 255;
  EXPECT_EQ(image.memory_words(), std::vector<std::uint64_t>{0x4004});
  const auto numbers = image.numbers();
  ASSERT_EQ(numbers.size(), 64U);
  EXPECT_EQ(numbers[2], 1);
  EXPECT_EQ(numbers[1], -1);
  EXPECT_EQ(numbers[63], -1);
  EXPECT_EQ(network_text(net), network_text(parse_topology({network_text(net), "a", "small"},
                                                           {hardware_text(net), "b", "small"})));
}

TEST(FlatImages, InArraysArePixels) {
  const auto shape = topology("lfcW1A1").image();
  NumpyArray array{{1, shape.height, shape.width}, false, {}};
  Image image(shape);
  for (std::size_t i = 0; i < image.planes.size(); ++i) {
    image.planes[i] = static_cast<std::uint8_t>(i % 256);
    array.values.push_back(image.planes[i]);
  }
  const auto images = array_images(array, shape, plain_numbers(shape), "the array");
  ASSERT_EQ(images.size(), 1U);
  EXPECT_EQ(images[0].codes(), image.codes());
}

TEST(FlatImages, OfAnyNumbersCanBeFilledUp) {
  const auto shape = small(R"("bits": 2, "numbers": "unsigned", "inputs": 64)").image();
  EXPECT_EQ(shape.words(), 2);
  Image image(shape);
  image.planes[14] = 3;
  EXPECT_EQ(image.memory_words(), (std::vector<std::uint64_t>{0x3000'0000, 0}));
}

TEST(FlatImages, MustBeWhatTheInputsAre) {
  EXPECT_THAT(refusal(R"("bits": 1, "numbers": "pixel signs", "inputs": 14)"),
              HasSubstr("has 15 values, which is not what the 14 inputs of layer 0 are"));
  EXPECT_THAT(refusal(R"("bits": 8, "numbers": "pixel signs", "inputs": 64)"),
              HasSubstr("another number of bits than 1"));
  EXPECT_THAT(refusal(R"("bits": 8, "inputs": 64)"), HasSubstr("0 fraction bits"));
}

TEST(FlatImages, HaveAnIdentityOfTheirOwn) {
  const auto net = small();
  auto other = net;
  other.flat_image.height = 5;
  other.flat_image.width = 3;
  EXPECT_NE(network_digest(net), network_digest(other));
}

// All kernels that there are for such layers, and layers without one.
TEST(FlatImages, GiveTheSameOnBothInferences) {
  for (const auto* first : {kOneBit, R"("thresholds": 2, "output_bits": 2, "accumulator": "sums")",
                            R"("thresholds": 1, "output_bits": 1, "accumulator": "sums")"}) {
    const auto net = small(kSigns, first);
    for (const std::uint64_t seed : {1U, 2U}) {
      const auto parameters = random_parameters(net, seed);
      const ReferenceNetwork reference(parameters);
      const PackedNetwork packed(parameters);
      for (const std::uint64_t image : {3U, 4U}) {
        const auto scores = reference.run(random_image(image, net.image()));
        EXPECT_EQ(packed.run(random_image(image, net.image())), scores);
        EXPECT_THAT(scores, ::testing::Each(::testing::AnyOf(0, 1)));
      }
    }
  }
}

class PerNetwork : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(FlatNetworks, PerNetwork, ::testing::Values("lfcW1A1", "lfcW1A2"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(PerNetwork, EveryInstructionSetGivesWhatTheReferenceGives) {
  const auto& net = topology(GetParam());
  const auto parameters = random_parameters(net, 1);
  const ReferenceNetwork reference(parameters);
  for (const std::uint64_t seed : {1U, 2U}) {
    const auto image = random_image(seed, net.image());
    const auto scores = reference.run(image);
    for (const auto isa : available_isas()) {
      EXPECT_EQ(PackedNetwork(parameters, isa).run(image), scores) << to_string(isa);
    }
  }
}

TEST_P(PerNetwork, GivesTheRecordedWords) {
  FLUENCE_NEEDS_DATA();
  constexpr std::size_t kImages = 700;
  const auto& net = topology(GetParam());
  const auto parameters = board_parameters(net);
  const auto images = board_images(net);
  const PackedNetwork packed(parameters);
  const ReferenceNetwork reference(parameters);
  const Decider decide(parameters);
  std::vector<std::uint64_t> words(kImages);
  std::ifstream in(board_data(net) / "scores" / (net.name + ".u64"), std::ios::binary);
  in.read(reinterpret_cast<char*>(words.data()),
          static_cast<std::streamsize>(words.size() * sizeof words[0]));
  ASSERT_TRUE(in);
  int correct = 0;
  for (int i = 0; i < images.size(); ++i) {
    const auto scores = packed.run(images[i]);
    const auto at = static_cast<std::size_t>(i);
    if (at < kImages) {
      ASSERT_EQ(score_words(scores, net), std::vector<std::uint64_t>{words[at]}) << "image " << i;
    }
    if (i < 20) {
      ASSERT_EQ(reference.run(images[i]), scores) << "image " << i;
    }
    correct += decide(scores) == images[i].label ? 1 : 0;
  }
  EXPECT_EQ(correct, net.layers.front().xnor ? 994 : 995);
}

TEST(ScoreWords, HoldScoresOfAnyWidth) {
  const auto net = small();
  Scores scores(128);
  scores[0] = scores[63] = scores[65] = 1;
  const auto words = score_words(scores, net);
  EXPECT_EQ(words, (std::vector<std::uint64_t>{0x8000'0000'0000'0001, 2}));
  Scores back(128);
  read_scores(words, net, back);
  EXPECT_EQ(back, scores);
  const auto& sums = topology("cnvW1A1");
  Scores numbers(64, -1);
  numbers[1] = 2;
  const auto wide = score_words(numbers, sums);
  ASSERT_EQ(wide.size(), 16U);
  EXPECT_EQ(wide[0], 0xffff'ffff'0002'ffffU);
  Scores again(64);
  read_scores(wide, sums, again);
  EXPECT_EQ(again, numbers);
}

class IdxFiles : public ::testing::Test {
 protected:
  static std::string field(unsigned number) {
    return {static_cast<char>(number >> 24), static_cast<char>(number >> 16 & 0xff),
            static_cast<char>(number >> 8 & 0xff), static_cast<char>(number & 0xff)};
  }
  void write(const std::string& name, const std::string& bytes) {
    std::ofstream(dir_.file(name), std::ios::binary) << bytes;
  }
  /// Two images of 3 x 5 pixels.
  void write_images(unsigned rows = 3, unsigned columns = 5) {
    write("t-images-idx3-ubyte", field(0x803) + field(2) + field(rows) + field(columns) +
                                     std::string(15, '\x10') + std::string(15, '\xa0'));
  }
  [[nodiscard]] ImageSet load(int labels = 10) const {
    return ImageSet::load(dir_.file("t-images-idx3-ubyte"), small().image(), labels);
  }
  [[nodiscard]] std::string error(int labels = 10) const {
    try {
      static_cast<void>(load(labels));
      return "not refused";
    } catch (const InputError& e) {
      return e.what();
    }
  }

  TempDir dir_;
};

TEST_F(IdxFiles, AreReadWithTheirLabels) {
  write_images();
  write("t-labels-idx1-ubyte", field(0x801) + field(2) + std::string("\x07\x03"));
  const auto images = load();
  ASSERT_EQ(images.size(), 2);
  EXPECT_EQ(images[0].label, 7);
  EXPECT_EQ(images[1].label, 3);
  EXPECT_EQ(images[0].planes[14], 0x10);
  EXPECT_EQ(images[1].memory_words(), std::vector<std::uint64_t>{0x7fff});
  EXPECT_THAT(error(7), HasSubstr("label 7 where 0 to 6 are possible"));
}

TEST_F(IdxFiles, AreRefusedUnlessTheyBelongTogether) {
  write_images();
  EXPECT_THAT(error(), HasSubstr("t-labels-idx1-ubyte', the labels of"));
  write("t-labels-idx1-ubyte", field(0x801) + field(3) + std::string("\x07\x03\x01"));
  EXPECT_THAT(error(), HasSubstr("no IDX file of 2 labels"));
  write("t-labels-idx1-ubyte", field(0x801) + field(2) + std::string("\x07\x03"));
  write_images(5, 3);
  EXPECT_THAT(error(), HasSubstr("images of 5 x 3 pixels where the network takes 3 x 5"));
  write("t-images-idx3-ubyte", field(0x803) + field(2) + field(3) + field(5) + std::string(29, '\x10'));
  EXPECT_THAT(error(), HasSubstr("not as long as 2 images are"));
}

TEST_F(IdxFiles, AreNotWhatRecordsAre) {
  std::string record(16, '\x09');
  record.replace(0, 4, field(0x803));  // label 0, pixels 0, 8 and 3
  write("t-images-idx3-ubyte", record);
  EXPECT_EQ(load()[0].planes[3], 9);
}

}  // namespace
}  // namespace fluence::test
