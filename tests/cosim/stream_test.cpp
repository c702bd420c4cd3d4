// The stitched RTL against the recorded streams: every word between the stages, in order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "network/reference.hpp"
#include "tests/cosim/bench.hpp"
#include "tests/support/board_data.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/streams.hpp"

namespace fluence::test {
namespace {

class Recorder final : public StreamObserver {
 public:
  void pushed(std::size_t stream, int /*slot*/, const std::vector<std::uint64_t>& word,
              std::uint64_t /*cycle*/) override {
    words[stream].push_back(word);
  }
  std::map<std::size_t, std::vector<std::vector<std::uint64_t>>> words;
};

class PerNetwork : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Networks, PerNetwork,
                         testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2", "lfcW1A1", "lfcW1A2"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(PerNetwork, EveryRecordedStreamIsMatchedWordForWord) {
  FLUENCE_NEEDS_DATA();
  const auto& net = topology(GetParam());
  const auto flow = dataflow(net);
  AccelBench bench(net);
  bench.load(board_parameters(net));
  const auto images = board_images(net);
  const std::vector<Image> first = {images[0], images[1], images[2]};
  Recorder recorder;
  bench.model().observe(&recorder);
  bench.run(first);

  for (std::size_t image = 0; image < first.size(); ++image) {
    const auto golden = load_streams(board_data(net) / "streams" / net.name /
                                     ("image" + std::to_string(image) + ".bin"));
    std::size_t compared = 0;
    for (std::size_t s = 0; s < flow.streams.size(); ++s) {
      const auto& stream = flow.streams[s];
      if (!stream.named_on_board) {
        continue;
      }
      ASSERT_LT(compared, golden.size());
      const auto& expected = golden[compared++];
      ASSERT_EQ(stream.name, expected.name);
      ASSERT_EQ(stream.width, expected.width);
      ASSERT_EQ(stream.words, expected.words);
      ASSERT_EQ(recorder.words[s].size(), first.size() * static_cast<std::size_t>(stream.words));
      for (int i = 0; i < expected.words; ++i) {
        const auto at = image * static_cast<std::size_t>(stream.words) + static_cast<std::size_t>(i);
        ASSERT_EQ(recorder.words[s][at], expected.word(i))
            << stream.name << " word " << i << " of image " << image;
      }
    }
    EXPECT_EQ(compared, golden.size());
  }
}

// Whatever the memories hold, RTL and reference agree; also without any outside data.
TEST_P(PerNetwork, AgreesWithTheReferenceOnRandomParameters) {
  const auto& net = topology(GetParam());
  AccelBench bench(net);
  for (const std::uint64_t seed : {1U, 2U}) {
    const auto parameters = random_parameters(net, seed);
    const ReferenceNetwork reference(parameters);
    const std::vector<Image> images = {random_image(seed + 10, net.image()),
                                       random_image(seed + 20, net.image())};
    bench.load(parameters);
    EXPECT_THAT(bench.run(images),
                testing::ElementsAre(reference.run(images[0]), reference.run(images[1])));
  }
}

}  // namespace
}  // namespace fluence::test
