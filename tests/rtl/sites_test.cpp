#include "rtl/sites.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "codec/codec.hpp"
#include "rtl/matrix_vector/matrix_vector.hpp"
#include "rtl/site_names.hpp"
#include "tests/support/cifar_networks.hpp"
#include "tests/support/data.hpp"

namespace fluence {
namespace {

using ::testing::HasSubstr;

std::string error_of(const SiteMap& map, const Site& site) {
  try {
    static_cast<void>(map.address(site));
    return "";
  } catch (const InputError& e) {
    return e.what();
  }
}

TEST(SiteMap, HasTheSusceptibleBitsOfTheBoards) {
  struct Row {
    const char* net;
    std::uint64_t weights, thresholds;
  };
  for (const auto& row : {Row{"cnvW1A1", 1'570'496, 31'232}, Row{"cnvW1A2", 1'570'496, 62'464},
                          Row{"cnvW2A2", 3'140'992, 62'464}, Row{"lfcW1A1", 3'014'656, 50'176},
                          Row{"lfcW1A2", 3'014'656, 99'328}}) {
    const SiteMap map(topology(row.net));
    EXPECT_EQ(map.bit_count(Space::weights), row.weights) << row.net;
    EXPECT_EQ(map.bit_count(Space::thresholds), row.thresholds) << row.net;
  }
}

TEST(SiteMap, SpacesAndLayersAddUpToTheTotal) {
  for (const auto& net : all_topologies()) {
    const SiteMap map(net);
    std::uint64_t sum = 0;
    for (const auto space : map.spaces()) {
      const bool convolutions = space == Space::window || space == Space::pool;  // and their pools
      EXPECT_TRUE(map.bit_count(space) > 0 || (convolutions && net.is_flat()))
          << net.name << " " << to_string(space);
      sum += map.bit_count(space);
    }
    EXPECT_EQ(sum, map.bit_count());
    for (const auto& layer : net.layers) {
      EXPECT_EQ(map.bit_count(Space::weights, layer.index),
                static_cast<std::uint64_t>(layer.weight_bit_count()));
      EXPECT_EQ(map.bit_count(Space::thresholds, layer.index),
                static_cast<std::uint64_t>(layer.threshold_bit_count()));
    }
  }
}

TEST(SiteMap, HasTheRegisterTargetModuleWhereTheHostSeesCopies) {
  const auto& plain = topology("cnvW1A1");
  const auto registers = [&](const char* codec) {
    auto net = plain;
    net.layers[3].threshold_codec = &find_codec(codec);
    const SiteMap map(net);
    return std::ranges::count(map.arrays(), "u_regs.g_target_module.target_module_q",
                              &StateArray::rtl_name);
  };
  EXPECT_EQ(registers("tmr-writeback"), 1);
  for (const auto* other : {"none", "tmr", "duplicate", "interleave 2", "secded"}) {
    EXPECT_EQ(registers(other), 0) << other;
  }
}

TEST(SiteMap, HasTheRegistersOfMemoriesThatAreReadSynchronously) {
  auto net = topology("cnvW1A1");
  auto& layer = net.layers[3];
  layer.synchronous_weights = layer.synchronous_thresholds = true;
  layer.weight_codec = &find_codec("interleave 4");
  layer.threshold_codec = &find_codec("tmr-writeback");
  const SiteMap map(net);
  EXPECT_EQ(map.bit_count(Space::read), static_cast<std::uint64_t>(16 * 4 * 32 + 3 * 16 * 16));
  EXPECT_EQ(map.bit_count(Space::weights), SiteMap(topology("cnvW1A1")).bit_count(Space::weights));
  const auto name = [&](const Site& site) { return rtl_name(map.array_of(site), site); };
  EXPECT_EQ(name({Space::read, 3, 2, 0, 0, 127}),
            "u_pipeline.u_l3_mvau.g_weight_memories.g_memory[2].u_memory.g_copy[0].g_read.read_q");
  EXPECT_EQ(name({Space::read, 3, 16, 0, 0, 15, 2}),
            "u_pipeline.u_l3_mvau.g_threshold_memories.g_memory[0].u_memory.g_copy[2].g_read.read_q");
  EXPECT_EQ(memory_of(net.layers[3], {Space::read, 3, 17, 0, 0, 5, 1}),
            (Site{Space::thresholds, 3, 1, 0, 0, 0, 1}));
  for (std::uint64_t bit = 0; bit < map.bit_count(Space::read); ++bit) {
    const auto site = map.nth(Space::read, 3, bit);
    ASSERT_EQ(map.site(map.address(site)), site);
  }
}

TEST(SiteMap, ArraysFollowOneAnotherWithoutGapsAndHaveNamesOfTheirOwn) {
  for (const auto& net : all_topologies()) {
    const SiteMap map(net);
    std::uint64_t next = 0;
    std::set<std::string> names;
    for (const auto& array : map.arrays()) {
      EXPECT_EQ(array.address, next);
      next += array.bit_count();
      EXPECT_TRUE(names.insert(array.rtl_name).second) << array.rtl_name;
    }
  }
}

TEST(SiteMap, AddressesAndSitesAreInverse) {
  for (const auto& net : all_topologies()) {
    const SiteMap map(net);
    std::set<Site> corners;
    for (const auto& array : map.arrays()) {
      const auto last = array.address + array.bit_count() - 1;
      for (const auto address : {array.address, (array.address + last) / 2, last}) {
        const auto site = map.site(address);
        EXPECT_EQ(map.address(site), address);
        EXPECT_EQ(&map.array_of(site), &array);
        EXPECT_EQ(map.find(address), &array);
        corners.insert(site);
      }
    }
    EXPECT_GE(corners.size(), 2 * map.arrays().size());
    EXPECT_EQ(map.find(map.bit_count()), nullptr);
    EXPECT_THROW(static_cast<void>(map.site(map.bit_count())), InputError);
  }
}

TEST(SiteMap, NthRunsThroughALayerInAscendingAddresses) {
  const SiteMap map(topology("cnvW1A1"));
  for (const auto space : kSpaces) {
    for (int layer = 0; layer < 9; ++layer) {
      const auto bits = map.bit_count(space, layer);
      for (std::uint64_t n = 0; n + 1 < bits; n += bits / 7 + 1) {
        EXPECT_LT(map.address(map.nth(space, layer, n)), map.address(map.nth(space, layer, n + 1)));
      }
      EXPECT_THROW(static_cast<void>(map.nth(space, layer, bits)), InputError);
    }
  }
}

TEST(SiteMap, FlatBitsAreThoseOfTheBoardSoftware) {
  FLUENCE_NEEDS_DATA();
  for (const auto& net : test::cifar_networks()) {
    const SiteMap map(net);
    std::ifstream file(test::data_dir() / "faults" / (net.name + ".jsonl"));
    int faults = 0;
    for (std::string line; std::getline(file, line);) {
      const auto listed = nlohmann::json::parse(line);
      for (const auto& f : listed.at("faults")) {
        const auto space = f.at("target") == "weight" ? Space::weights : Space::thresholds;
        const Site site{space,         f.at("layer"),  f.at("module"),
                        f.at("index"), f.at("thresh"), f.at("bit")};
        ASSERT_EQ(map.nth(space, site.layer, f.at("bit_in_layer")), site) << net.name << " " << f;
        ++faults;
      }
    }
    EXPECT_GT(faults, 10'000) << net.name;
  }
}

TEST(SiteMap, ErrorsNameKeyRangeAndNetwork) {
  const SiteMap map(topology("cnvW1A1"));
  EXPECT_EQ(error_of(map, {Space::weights, 9, 0, 0, 0, 0}),
            "layer 9 does not exist in cnvW1A1: use 0 to 8");
  EXPECT_EQ(error_of(map, {Space::weights, 0, 16, 0, 0, 0}),
            "module 16 does not exist in weights of layer 0 of cnvW1A1: use 0 to 15");
  EXPECT_EQ(error_of(map, {Space::weights, 0, -1, 0, 0, 0}),
            "module -1 does not exist in weights of layer 0 of cnvW1A1: use 0 to 15");
  EXPECT_EQ(error_of(map, {Space::weights, 0, 0, 36, 0, 0}),
            "index 36 does not exist in weights of layer 0 of cnvW1A1: use 0 to 35");
  EXPECT_EQ(error_of(map, {Space::thresholds, 0, 0, 0, 1, 0}),
            "thresh 1 does not exist in thresholds of layer 0 of cnvW1A1: use 0 to 0");
  EXPECT_EQ(error_of(map, {Space::thresholds, 0, 0, 0, 0, 24}),
            "bit 24 does not exist in thresholds of layer 0 of cnvW1A1: use 0 to 23");
  EXPECT_THAT(error_of(map, {Space::thresholds, 8, 0, 0, 0, 0}), HasSubstr("stores nothing there"));
  EXPECT_EQ(error_of(map, {Space::weights, 8, 3, 8191, 0, 0}), "");
}

TEST(Spaces, NamesRoundTrip) {
  for (const auto space : kSpaces) {
    EXPECT_EQ(space_from_string(to_string(space)), space);
  }
  EXPECT_THROW(space_from_string("weight"), InputError);
}

}  // namespace
}  // namespace fluence
