#include "map/image_map.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <random>

#include "base/bits.hpp"
#include "fault/fast_engine.hpp"
#include "network/digits.hpp"
#include "network/synthetic.hpp"
#include "tests/map/trial_oracle.hpp"
#include "tests/support/general_networks.hpp"
#include "tests/support/made_networks.hpp"
#include "tests/support/parameter_trials.hpp"
#include "tests/support/published.hpp"
#include "tests/support/random_network.hpp"

namespace fluence::test {
namespace {

constexpr std::array kParameterSpaces = {Space::weights, Space::thresholds};

struct Part {
  std::string name;
  Topology net;
  std::vector<int> layers;
  bool published = false;  ///< the embedded parameters and images, on which early layers have an effect
  int draws = 25;          ///< a space and layer; more where few faults have an effect
};

std::ostream& operator<<(std::ostream& out, const Part& part) { return out << part.name; }

std::vector<Part> parts() {
  std::vector<Part> parts;
  for (const auto* name : {"cnvW1A1", "cnvW1A2", "cnvW2A2"}) {
    parts.push_back({name, topology(name), {3, 4, 5, 6, 7, 8}});
    parts.push_back({std::string(name) + "Early", topology(name), {0}, true});
  }
  parts.push_back({"cnvW1A1Embedded", topology("cnvW1A1"), {1, 2, 3, 4, 5, 6, 7, 8}, true});
  for (const auto* name : {"lfcW1A1", "lfcW1A2"}) {
    parts.push_back({name, topology(name), {0, 3}, true, 400});
  }
  for (const auto& net : layer_networks()) {
    parts.push_back({net.name, net, {}});
  }
  for (const auto& net : made_networks()) {
    const int last = net.layers.back().index;
    parts.push_back({net.name, net, {last - 2, last - 1, last}});
  }
  return parts;
}

class MapOf : public testing::TestWithParam<Part> {};
INSTANTIATE_TEST_SUITE_P(Networks, MapOf, testing::ValuesIn(parts()),
                         [](const auto& param) { return param.param.name; });

TEST_P(MapOf, RandomFaultsAreCountedAsATrialEachCountsThem) {
  const auto& part = GetParam();
  const auto parameters =
      part.published
          ? Parameters::load(part.net, FLUENCE_SOURCE_DIR "/models/" + part.net.name + ".onnx")
          : drawn(part.net, 7);
  const auto images = part.published
                          ? std::vector{embedded_images(part.net.image(), kSyntheticTestSeed, 0, 1)[0]}
                          : some_images(1, part.net.image());
  Oracle oracle(parameters, images);
  std::mt19937_64 random(11);
  for (const auto mode : {MapMode::seu, MapMode::mbu}) {
    const MapLayout layout(part.net, mode, {kParameterSpaces.begin(), kParameterSpaces.end()},
                           part.layers);
    IncrementalMap map(parameters, layout);
    std::vector<BlockCounts> counts(layout.size());
    for (const auto& image : images) {
      map.add(image, counts);
    }
    int consequential = 0;
    for (const auto& region : layout.regions()) {
      for (int i = 0; i < part.draws; ++i) {
        const auto number = region.first + random() % region.size();
        const auto site = layout.site(number);
        ASSERT_EQ(counts[number], oracle(site, mode))
            << to_string(mode) << " " << to_string(site.space) << " layer " << site.layer << " module "
            << site.module << " index " << site.index << " thresh " << site.thresh << " bit "
            << site.bit;
        consequential += counts[number] != 0 ? 1 : 0;
      }
    }
    EXPECT_GT(consequential, 10);
  }
}

// Sums of 126 of 126 columns in eight bits: beyond them by a burst, as nothing is, an accumulator would
// wrap.
TEST(Map, AnAccumulatorThatJustFitsHidesNoBurst) {
  auto net = made_of("fits", {10, 1}, 1, 1, {{14, true}, {32, true, true}, {64, true}, {48}, {7}});
  net.layers[1].simd = 14;
  net.layers[1].accumulator_bits = 8;
  auto parameters = random_parameters(net, 5);
  std::ranges::fill(parameters.layers[0].thresholds, -(1 << 23));  // all of its outputs are 1
  std::ranges::fill(parameters.layers[1].weights, low_bits(14));
  std::ranges::fill(parameters.layers[1].thresholds, 120);
  const auto images = some_images(1, net.image());
  Oracle oracle(parameters, images);
  const MapLayout layout(net, MapMode::mbu, {Space::weights}, {1});
  IncrementalMap map(parameters, layout);
  std::vector<BlockCounts> counts(layout.size());
  map.add(images.front(), counts);
  int consequential = 0;
  for (std::size_t number = 0; number < layout.size(); ++number) {
    ASSERT_EQ(counts[number], oracle(layout.site(number), MapMode::mbu)) << number;
    consequential += counts[number] != 0 ? 1 : 0;
  }
  EXPECT_GT(consequential, 10);
}

TEST(Map, OfBitsThatAreStuckAddUpToThatOfFlips) {
  for (const auto* name : {"narrow", "simd64"}) {
    const auto net = std::ranges::find(made_networks(), name, &Topology::name);
    ASSERT_NE(net, made_networks().end());
    const auto parameters = random_parameters(*net, 7);
    const auto images = some_images(2, net->image());
    Oracle oracle(parameters, images);
    const auto map_of = [&](MapMode mode) {
      const MapLayout layout(*net, mode, {kParameterSpaces.begin(), kParameterSpaces.end()});
      std::vector<BlockCounts> counts(layout.size());
      const auto map = make_image_map(parameters, layout);
      for (const auto& image : images) {
        map->add(image, counts);
      }
      for (std::size_t number = 0; number < layout.size(); number += layout.size() / 50) {
        EXPECT_EQ(counts[number], oracle(layout.site(number), mode)) << name << " " << number;
      }
      return counts;
    };
    const auto flips = map_of(MapMode::seu);
    const auto zeros = map_of(MapMode::stuck0);
    const auto ones = map_of(MapMode::stuck1);
    for (std::size_t number = 0; number < flips.size(); ++number) {
      ASSERT_EQ(zeros[number] + ones[number], flips[number]) << name << " " << number;
      ASSERT_TRUE(zeros[number] == 0 || ones[number] == 0) << name << " " << number;
    }
    EXPECT_NE(zeros, flips);
    EXPECT_NE(ones, flips);
  }
}

TEST(Map, AWholeLayerIsThatOfATrialABit) {
  const auto& net = made_networks()[1];
  ASSERT_EQ(net.name, "narrow");
  const auto parameters = random_parameters(net, 3);
  const auto images = some_images(2);
  Oracle oracle(parameters, images);
  for (const int layer : {6, 8}) {
    const MapLayout layout(net, MapMode::seu, {Space::weights, Space::thresholds}, {layer});
    IncrementalMap map(parameters, layout);
    std::vector<BlockCounts> counts(layout.size());
    for (const auto& image : images) {
      map.add(image, counts);
    }
    for (const auto& region : layout.regions()) {
      layout.for_each(region, [&](const Site& site, std::size_t number) {
        ASSERT_EQ(counts[number], oracle(site, MapMode::seu)) << site.module << " " << site.index;
      });
    }
  }
}

TEST(MapLayout, NumbersEveryBitOnceAndInTheOrderOfSites) {
  const auto& net = topology("cnvW2A2");
  const SiteMap sites(net);
  const MapLayout layout(net, MapMode::seu, {Space::thresholds, Space::weights});
  EXPECT_EQ(layout.size(), sites.bit_count(Space::weights) + sites.bit_count(Space::thresholds));
  std::vector<bool> seen(layout.size());
  for (const auto& region : layout.regions()) {
    auto address = sites.address(sites.nth(region.space, region.layer, 0));
    layout.for_each(region, [&](const Site& site, std::size_t number) {
      ASSERT_EQ(sites.address(site), address++);
      ASSERT_EQ(layout.site(number), site);
      ASSERT_FALSE(seen[number]);
      seen[number] = true;
    });
  }
}

TEST(MapLayout, CoversEveryWordByGroupsOfEight) {
  const auto& net = topology("cnvW1A1");
  const MapLayout layout(net, MapMode::mbu, {Space::weights, Space::thresholds});
  EXPECT_EQ(layout.find(Space::weights, 0)->word_faults, 1);     // 3 bits a word
  EXPECT_EQ(layout.find(Space::weights, 1)->word_faults, 4);     // 32
  EXPECT_EQ(layout.find(Space::thresholds, 0)->word_faults, 3);  // 24
  EXPECT_EQ(layout.find(Space::thresholds, 8), nullptr);
}

}  // namespace
}  // namespace fluence::test
