// Maps of memories that store words by a codec.
#include "map/protected_map.hpp"

#include <gmock/gmock.h>

#include <array>
#include <random>

#include "base/error.hpp"
#include "tests/map/trial_oracle.hpp"

namespace fluence::test {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

struct Stored {
  std::string name;
  std::string network;
  std::array<std::array<std::string, 2>, 3> codecs;  ///< weights, thresholds of layers 6, 7, 8
};

std::ostream& operator<<(std::ostream& out, const Stored& stored) { return out << stored.name; }

Topology stored_by_codecs(const Stored& stored) {
  auto net = topology(stored.network);
  net.name = stored.name;
  for (std::size_t i = 0; i < stored.codecs.size(); ++i) {
    net.layers[6 + i].weight_codec = &find_codec(stored.codecs[i][0]);
    net.layers[6 + i].threshold_codec = &find_codec(stored.codecs[i][1]);
  }
  return net;
}

MapLayout layout_of(const Topology& net, MapMode mode) {
  return {net, mode, {Space::weights, Space::thresholds}, {6, 7, 8}};
}

class MapOfStored : public testing::TestWithParam<Stored> {};
INSTANTIATE_TEST_SUITE_P(
    Codecs, MapOfStored,
    testing::Values(Stored{"corrected",
                           "cnvW1A1",
                           {{{"secded", "tmr-writeback"}, {"tmr", "secded"}, {"none", "none"}}}},
                    Stored{
                        "detected",
                        "cnvW1A1",
                        {{{"parity 4", "duplicate"}, {"duplicate", "parity 1"}, {"parity 1", "none"}}}},
                    Stored{"interleaved",
                           "cnvW2A2",
                           {{{"interleave 4", "interleave 2"},
                             {"interleave 16", "resilient-interleave"},
                             {"interleave 8", "none"}}}},
                    Stored{"clamped",
                           "cnvW1A2",
                           {{{"none", "clamp 0 511"}, {"secded", "clamp 0 511"}, {"none", "none"}}}}),
    [](const auto& param) { return param.param.name; });

// Thresholds that `clamp` gives as they are.
Parameters parameters_of(const Topology& net) {
  auto parameters = random_parameters(net, 7);
  for (auto& layer : parameters.layers) {
    for (auto& threshold : layer.thresholds) {
      threshold &= 0x1ff;
    }
  }
  return parameters;
}

TEST_P(MapOfStored, FaultsAreCountedAsATrialEachCountsThem) {
  const auto net = stored_by_codecs(GetParam());
  const auto parameters = parameters_of(net);
  const auto images = some_images(2);
  Oracle oracle(parameters, images);
  const auto layout = layout_of(net, MapMode::seu);
  const auto map = make_image_map(parameters, layout);
  std::vector<BlockCounts> counts(layout.size());
  for (const auto& image : images) {
    map->add(image, counts);
  }
  std::mt19937_64 random(3);
  int consequential = 0;
  for (const auto& region : layout.regions()) {
    const auto& codec = codec_of(net, {region.space, region.layer});
    const bool corrects = codec.name() == "secded" || codec.name().starts_with("tmr");
    std::vector<bool> copies(static_cast<std::size_t>(region.copies));
    for (int i = 0; i < 250; ++i) {
      const auto number = region.first + random() % region.size();
      const auto site = layout.site(number);
      copies[static_cast<std::size_t>(site.copy)] = true;
      ASSERT_EQ(layout.number(region, site), number);
      ASSERT_EQ(counts[number], oracle(site, MapMode::seu))
          << to_string(site.space) << " layer " << site.layer << " module " << site.module << " index "
          << site.index << " thresh " << site.thresh << " bit " << site.bit << " copy " << site.copy;
      EXPECT_TRUE(counts[number] == 0 || !corrects) << codec.name();
      consequential += counts[number] != 0 ? 1 : 0;
    }
    EXPECT_EQ(std::ranges::count(copies, false), 0);
  }
  EXPECT_GT(consequential, 10);
}

// The sites of a region, in their order, are the bits that the hardware stores there.
TEST_P(MapOfStored, HoldsEveryStoredBitOnce) {
  const auto net = stored_by_codecs(GetParam());
  const SiteMap sites(net);
  const auto layout = layout_of(net, MapMode::seu);
  for (const auto& region : layout.regions()) {
    EXPECT_EQ(region.size(), sites.bit_count(region.space, region.layer));
    std::uint64_t n = 0;
    std::vector<bool> seen(region.size());
    layout.for_each(region, [&](const Site& site, std::size_t number) {
      ASSERT_EQ(sites.address(site), sites.address(sites.nth(region.space, region.layer, n++)));
      seen.at(number - region.first) = true;
    });
    EXPECT_EQ(std::ranges::count(seen, false), 0);
  }
}

TEST(MapOfGroups, IsMadeWhereAGroupIsOneOfAValue) {
  const Stored stored{
      "copied", "cnvW1A1", {{{"tmr", "duplicate"}, {"duplicate", "tmr"}, {"tmr", "none"}}}};
  const auto net = stored_by_codecs(stored);
  const auto parameters = parameters_of(net);
  const auto images = some_images(1);
  Oracle oracle(parameters, images);
  const auto layout = layout_of(net, MapMode::mbu);
  std::vector<BlockCounts> counts(layout.size());
  make_image_map(parameters, layout)->add(images.front(), counts);
  std::mt19937_64 random(4);
  for (int i = 0; i < 600; ++i) {
    const auto number = random() % layout.size();
    ASSERT_EQ(counts[number], oracle(layout.site(number), MapMode::mbu)) << number;
  }
}

TEST(MapOfGroups, IsRefusedWhereAGroupIsMore) {
  const Stored stored{
      "mixed", "cnvW1A1", {{{"none", "none"}, {"none", "interleave 2"}, {"none", "none"}}}};
  const auto net = stored_by_codecs(stored);
  const auto layout = layout_of(net, MapMode::mbu);
  EXPECT_THAT([&] { make_image_map(parameters_of(net), layout); },
              ThrowsMessage<InputError>(HasSubstr("changes other bits than one such fault of a value")));
  EXPECT_THAT([&] { layout_of(net, MapMode::stuck1); },
              ThrowsMessage<InputError>(HasSubstr("stuck bits of")));
}

}  // namespace
}  // namespace fluence::test
