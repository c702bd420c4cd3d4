// The clear inference against everything that was recorded outside.
#include "network/reference.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "rtl/dataflow.hpp"
#include "tests/support/cifar_networks.hpp"
#include "tests/support/data.hpp"
#include "tests/support/scores.hpp"
#include "tests/support/streams.hpp"

namespace fluence::test {
namespace {

Parameters trained(const Topology& net) {
  return Parameters::load(net, data_dir() / "params" / net.name);
}

/// The values as codes of `bits` each (one bit: 1 = +1), joined least significant bit first.
std::vector<std::uint8_t> join(const Tensor& values, int bits) {
  std::vector<std::uint8_t> bytes(values.size() * static_cast<std::size_t>(bits) / 8);
  std::size_t at = 0;
  for (const auto value : values) {
    const int code = bits == 1 ? (value > 0 ? 1 : 0) : value;
    for (int b = 0; b < bits; ++b, ++at) {
      bytes[at / 8] = static_cast<std::uint8_t>(bytes[at / 8] | ((code >> b) & 1) << (at % 8));
    }
  }
  return bytes;
}

/// What the board's named streams carry for an image, in dataflow order.
std::vector<std::vector<std::uint8_t>> named_streams(const Topology& net, const Image& image,
                                                     const ReferenceTrace& trace) {
  const auto codes = image.codes();
  const auto pixels = join(Tensor(codes.begin(), codes.end()), 8);
  std::vector<std::vector<std::uint8_t>> streams = {pixels, pixels, pixels};
  for (const auto& layer : net.layers) {
    const auto i = static_cast<std::size_t>(layer.index);
    streams.push_back(join(trace.outputs[i], layer.out_bits));
    if (layer.pool) {
      streams.push_back(join(trace.pooled[i], layer.out_bits));
    }
  }
  return streams;
}

class Reference : public testing::TestWithParam<const char*> {
 protected:
  static constexpr int kImages = 30;  // reference_slow_test.cpp runs them all
  const Topology& net_ = topology(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Networks, Reference, testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(Reference, EveryRecordedStreamIsMatchedWordForWord) {
  FLUENCE_NEEDS_DATA();
  const auto flow = dataflow(net_);
  const auto images = load_test_images();
  const ReferenceNetwork network(trained(net_));
  for (int i = 0; i < 3; ++i) {
    ReferenceTrace trace;
    network.run(images[i], &trace);
    const auto computed = named_streams(net_, images[i], trace);
    const auto recorded =
        load_streams(data_dir() / "streams" / net_.name / ("image" + std::to_string(i) + ".bin"));
    ASSERT_EQ(recorded.size(), 14U);
    auto stream = flow.streams.begin();
    for (std::size_t k = 0; k < recorded.size(); ++k, ++stream) {
      stream = std::find_if(stream, flow.streams.end(), [](const auto& s) { return s.named_on_board; });
      ASSERT_NE(stream, flow.streams.end());
      EXPECT_EQ(recorded[k].name, stream->name);
      EXPECT_EQ(recorded[k].width, stream->width) << stream->name;
      EXPECT_EQ(recorded[k].words, stream->words) << stream->name;
      EXPECT_TRUE(recorded[k].bytes == computed[k]) << stream->name << " of image " << i;
    }
  }
}

TEST_P(Reference, ScoresOfTestImages) {
  FLUENCE_NEEDS_DATA();
  const auto images = load_test_images();
  const auto golden = load_scores(net_.name);
  const ReferenceNetwork network(trained(net_));
  for (int i = 0; i < kImages; ++i) {
    ASSERT_EQ(network.run(images[i]), golden[static_cast<std::size_t>(i)]) << "image " << i;
  }
}

TEST(ReferenceOnBoardImages, GivesTheScoresThatBoardsPrinted) {
  FLUENCE_NEEDS_DATA();
  std::map<std::string, ReferenceNetwork> networks;
  for (const auto& net : cifar_networks()) {
    networks.try_emplace(net.name, trained(net));
  }
  const auto images = ImageSet::load(data_dir() / "board/board_images.bin");
  const auto board = nlohmann::json::parse(std::ifstream(data_dir() / "board/board_scores.json"));
  int compared = 0;
  for (const auto& record : board.at("records")) {
    const auto scores = networks.at(record.at("net").get<std::string>())
                            .run(images[record.at("image_index").get<int>()]);
    EXPECT_EQ(std::vector<int>(scores.begin(), scores.begin() + 10),
              record.at("board_scores").get<std::vector<int>>())
        << record.at("net") << " on " << record.at("image");
    ++compared;
  }
  EXPECT_EQ(compared, 6);
}

}  // namespace
}  // namespace fluence::test
