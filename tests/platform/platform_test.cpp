// The whole board: real parameters, real images, real RTL; and with the fake RTL what only it can do.
#include "platform/platform.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "base/error.hpp"
#include "platform/memory_map.hpp"
#include "tests/platform/trained.hpp"
#include "tests/support/data.hpp"
#include "tests/support/fake_rtl_model.hpp"
#include "tests/support/published.hpp"

namespace fluence {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kPatience = 5'000'000;  // cycles; a few images of the slowest network

// Golden scores of images first .. first+count-1.
std::vector<std::int16_t> golden(const std::string& net, int first, int count) {
  std::ifstream file(test::data_dir() / "scores" / (net + ".i16"), std::ios::binary);
  std::vector<std::int16_t> scores(static_cast<std::size_t>(count) * kScores);
  file.seekg(first * kScores * 2);
  file.read(reinterpret_cast<char*>(scores.data()), std::ssize(scores) * 2);
  EXPECT_TRUE(file);
  return scores;
}

class EveryNetwork : public testing::TestWithParam<std::string> {};

TEST_P(EveryNetwork, ScoresTheFirstImagesInOneRun) {
  FLUENCE_NEEDS_DATA();
  const auto& net = topology(GetParam());
  Platform board("board", net, {});
  board.load_through_debug(test::trained(net));
  board.place_images(test::test_images(), 3);
  const auto report = board.run(0, 3, kPatience);
  EXPECT_EQ(report.hang, "");
  EXPECT_EQ(report.images_done, 3);
  EXPECT_EQ(report.scores, golden(net.name, 0, 3));
}

INSTANTIATE_TEST_SUITE_P(Platform, EveryNetwork, testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                         [](const auto& param) { return param.param; });

class EveryWait : public testing::TestWithParam<bool> {};

TEST_P(EveryWait, RunsBackToBackAreEqualToOneRun) {
  FLUENCE_NEEDS_DATA();
  const auto& net = topology("cnvW1A1");
  PlatformOptions options;
  options.interrupts = GetParam();
  Platform board("board", net, options);
  board.load_through_debug(test::trained(net));
  board.place_images(test::test_images(), 4);
  const auto first = board.run(0, 1, kPatience);
  const auto rest = board.run(1, 3, kPatience);
  EXPECT_EQ(first.scores, golden(net.name, 0, 1));
  EXPECT_EQ(rest.scores, golden(net.name, 1, 3));
  const auto again = board.run(0, 1, kPatience);
  EXPECT_EQ(again.scores, first.scores);
  EXPECT_EQ(again.cycles, first.cycles);
}

INSTANTIATE_TEST_SUITE_P(Platform, EveryWait, testing::Bool(),
                         [](const auto& param) { return param.param ? "interrupt" : "polling"; });

TEST(Platform, LoadingThroughRegistersAndThroughDebugStoresTheSameWords) {
  FLUENCE_NEEDS_DATA();
  const auto& net = topology("cnvW1A1");
  const auto parameters = test::trained(net);
  Platform board("board", net, {});
  board.load_through_registers(parameters);
  EXPECT_EQ(board.stored_parameters().digest(), parameters.digest());

  auto other = parameters;  // every word differs from what is stored
  for (auto& layer : other.layers) {
    std::ranges::for_each(layer.weights, [](auto& word) { word ^= 1; });
    std::ranges::for_each(layer.thresholds, [](auto& word) { word = ~word; });
  }
  board.load_through_debug(other);
  EXPECT_EQ(board.stored_parameters().digest(), other.digest());
  board.load_through_debug(parameters);
  EXPECT_EQ(board.stored_parameters().digest(), parameters.digest());
}

TEST(Platform, RegistersReadBackALayer) {
  FLUENCE_NEEDS_DATA();
  const auto& net = topology("cnvW2A2");
  const auto parameters = test::trained(net);
  Platform board("board", net, {});
  board.load_through_debug(parameters);
  int truncated = 0;
  for (const int l : {0, 2}) {
    const auto& layer = net.layer(l);
    for (int pe = 0; pe < layer.pe; ++pe) {
      for (int word = 0; word < layer.weight_words(); word += 7) {
        EXPECT_EQ(board.read_word({Space::weights, l, pe, word}), parameters.weight(l, pe, word));
      }
      for (int word = 0; word < layer.threshold_words(); ++word) {
        for (int t = 0; t < layer.thresholds; ++t) {
          const auto raw = parameters.threshold(l, pe, word, t);
          const auto expected = l == 0 ? raw / 256 : raw;
          truncated += expected * 256 != raw && l == 0 ? 1 : 0;
          const auto got =
              static_cast<std::int64_t>(board.read_word({Space::thresholds, l, pe, word, t}));
          EXPECT_EQ(got, expected) << "raw " << raw;
        }
      }
    }
  }
  EXPECT_GT(truncated, 0);
}

TEST(Platform, WritingALayerZeroThresholdTakesTheRawBits) {
  const auto& net = topology("cnvW1A1");
  Platform board("board", net, {});
  const Site site{Space::thresholds, 0, 3, 2, 0};
  board.write_word(site, 0xffff'ffff'ff80'0001);
  EXPECT_EQ(board.stored_bits(board.sites().address(site)), 0x80'0001U);
  EXPECT_EQ(static_cast<std::int64_t>(board.read_word(site)), -32767);  // -8388607/256 toward zero
}

TEST(Platform, AnEarlyWatchdogEndsTheRunAndTheBoardRecovers) {
  FLUENCE_NEEDS_DATA();
  const auto& net = topology("cnvW1A1");
  Platform board("board", net, {});
  board.load_through_debug(test::trained(net));
  board.place_images(test::test_images(), 2);
  const auto cut = board.run(0, 2, 170'000);  // image 0 is out by then, image 1 is not
  EXPECT_NE(cut.hang, "");
  EXPECT_EQ(cut.images_done, 1);
  auto expected = golden(net.name, 0, 2);
  std::fill(expected.begin() + kScores, expected.end(), static_cast<std::int16_t>(0));
  EXPECT_EQ(cut.scores, expected);
  const auto whole = board.run(0, 2, kPatience);
  EXPECT_EQ(whole.hang, "");
  EXPECT_EQ(whole.scores, golden(net.name, 0, 2));
}

TEST(Platform, AHangNamesTheBlockedStream) {
  const auto& net = topology("cnvW1A1");
  test::FakeRtlModel* model = nullptr;
  Platform board("board", net, {}, [&](AxiMemory& memory) {
    auto fake = std::make_unique<test::FakeRtlModel>(net, memory);
    model = fake.get();
    return fake;
  });
  model->hang_after = 2;
  model->stream_status.resize(dataflow(net).streams.size());
  model->stream_status[4] = {true, false, dataflow(net).streams[4].depth};
  std::vector<Image> images(3);
  std::ranges::fill(images[1].planes, std::uint8_t{9});
  board.place_images(ImageSet(images), 3);
  const auto report = board.run(0, 3, 10'000);
  EXPECT_EQ(report.images_done, 2);
  EXPECT_THAT(report.hang, HasSubstr(dataflow(net).streams[4].name + ": producer stalled"));
  EXPECT_FALSE(model->busy());
  const auto zero = [](std::int16_t score) { return score == 0; };
  EXPECT_FALSE(std::all_of(report.scores.begin() + kScores, report.scores.begin() + 2 * kScores, zero));
  EXPECT_TRUE(std::all_of(report.scores.begin() + 2 * kScores, report.scores.end(), zero));
}

TEST(Platform, RefusesMoreImagesThanTheMemoryHolds) {
  const auto& net = topology("cnvW1A1");
  Platform board("board", net, {});
  const int most = static_cast<int>(kImageBuffer.size / kImageBytes);
  EXPECT_THROW(board.place_images(ImageSet(std::vector<Image>{}), most + 1), InputError);
}

}  // namespace
}  // namespace fluence
