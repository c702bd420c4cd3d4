#include "map/bit_map.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <string>
#include <vector>

#include "map/summary.hpp"
#include "network/synthetic.hpp"
#include "tests/support/data.hpp"
#include "tests/support/made_networks.hpp"
#include "tests/support/random_network.hpp"

namespace fluence::test {
namespace {

std::vector<BlockCounts> map_of(ImageMap& map, const MapLayout& layout, const Image& image) {
  std::vector<BlockCounts> counts(layout.size());
  map.add(image, counts);
  return counts;
}

void expect_same(const MapLayout& layout, const std::vector<BlockCounts>& counts,
                 const std::vector<BlockCounts>& expected, const std::string& what) {
  for (const auto& region : layout.regions()) {
    std::size_t different = 0;
    for (auto number = region.first; number < region.first + region.size(); ++number) {
      different += counts[number] == expected[number] ? 0 : 1;
    }
    EXPECT_EQ(different, 0U) << what << " " << to_string(region.space) << " layer " << region.layer;
  }
}

class BitMapOn : public testing::TestWithParam<Isa> {};
INSTANTIATE_TEST_SUITE_P(Isas, BitMapOn, testing::ValuesIn(available_isas()),
                         [](const auto& param) { return std::string(to_string(param.param)); });

TEST_P(BitMapOn, IsTheIncrementalMapOfEveryBit) {
  const auto& net = topology("cnvW1A1");
  const auto parameters = Parameters::load(net, FLUENCE_SOURCE_DIR "/models/cnvW1A1.onnx");
  const auto image = synthetic_images(kSyntheticTestSeed, 5, 1)[0];
  const MapLayout layout(net, MapMode::seu, {Space::weights, Space::thresholds});
  IncrementalMap incremental(parameters, layout);
  static const auto expected = map_of(incremental, layout, image);
  BitMap map(parameters, layout, GetParam());
  expect_same(layout, map_of(map, layout, image), expected, "embedded");
}

// Thresholds of every value that a word holds, outputs that are always or never on, long lists of
// changes.
TEST_P(BitMapOn, IsTheIncrementalMapOfRandomParameters) {
  const auto& net = made_networks()[0];
  ASSERT_EQ(net.name, "simd64");
  const auto parameters = random_parameters(net, 21);
  const auto image = random_image(4);
  const MapLayout layout(net, MapMode::seu, {Space::weights, Space::thresholds}, {0, 2, 4, 5, 7, 8});
  IncrementalMap incremental(parameters, layout);
  static const auto expected = map_of(incremental, layout, image);
  BitMap map(parameters, layout, GetParam());
  expect_same(layout, map_of(map, layout, image), expected, "random");
}

// Changes of one and of two levels, short lists and long ones.
TEST_P(BitMapOn, DeltasGiveTheMapOfTheIncrementalInference) {
  struct Part {
    std::string name;
    MapMode mode;
    std::vector<int> layers;
  };
  for (const auto& [name, mode, layers] : {Part{"cnvW1A1", MapMode::mbu, {1, 5, 8}},
                                           {"cnvW1A2", MapMode::seu, {0, 3, 4, 7, 8}},
                                           {"cnvW2A2", MapMode::mbu, {0, 2, 6}}}) {
    const auto& net = topology(name);
    const auto parameters = Parameters::load(net, FLUENCE_SOURCE_DIR "/models/" + name + ".onnx");
    const auto image = synthetic_images(kSyntheticTestSeed, 7, 1)[0];
    const MapLayout layout(net, mode, {Space::weights, Space::thresholds}, layers);
    IncrementalMap incremental(parameters, layout);
    IncrementalMap deltas(parameters, layout, GetParam(), IncrementalMap::Evaluation::deltas);
    expect_same(layout, map_of(deltas, layout, image), map_of(incremental, layout, image), name);
  }
}

TEST(BitMap, IsForSingleBitsOfOneBitNetworks) {
  const std::vector both = {Space::weights, Space::thresholds};
  EXPECT_TRUE(BitMap::supports({topology("cnvW1A1"), MapMode::seu, both}));
  EXPECT_FALSE(BitMap::supports({topology("cnvW1A1"), MapMode::mbu, both}));
  EXPECT_FALSE(BitMap::supports({topology("cnvW1A2"), MapMode::seu, both}));
  EXPECT_FALSE(BitMap::supports({topology("cnvW2A2"), MapMode::seu, both}));
  for (const auto& net : made_networks()) {
    EXPECT_EQ(BitMap::supports({net, MapMode::seu, both}),
              net.name == "simd64" || net.name == "wide_words")
        << net.name;
  }
}

// Rows of the file of --totals that somebody else's map of the same parameters and images has.
TEST(BitMap, TotalsOfLateLayersAreTheRecordedOnes) {
  FLUENCE_NEEDS_DATA();
  const auto& net = topology("cnvW1A1");
  const auto parameters = Parameters::load(net, data_dir() / "params" / "cnvW1A1");
  const auto images = ImageSet::load(data_dir() / "cifar10" / "test_first1000.bin");
  MapRequest request;
  request.net = &net;
  request.layers = {6, 7, 8};
  request.images = images.size();
  MapResults results(request, {});
  BitMap map(parameters, results.layout());
  std::vector<BlockCounts> counts(results.layout().size());
  std::vector<int> all;
  for (int i = 0; i < images.size(); ++i) {
    map.add(images[i], counts);
    all.push_back(i);
  }
  results.add(all, counts);
  std::ifstream golden(data_dir() / "map" / "totals-cnvW1A1.csv");
  std::string expected;
  for (std::string line; std::getline(golden, line);) {
    const auto layer = line.find(',') + 1;
    if (expected.empty() || line[layer] >= '6') {
      expected += line + "\n";
    }
  }
  EXPECT_EQ(map_totals_csv(results), expected);
}

}  // namespace
}  // namespace fluence::test
