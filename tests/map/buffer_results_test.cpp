// The fault space of a map of buffers, its files and shards.
#include "map/buffer_results.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/error.hpp"
#include "base/input_file.hpp"
#include "map/buffer_runner.hpp"
#include "map/buffer_summary.hpp"
#include "map/compare.hpp"
#include "tests/support/made_buffer_map.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence::test {
namespace {

constexpr int kImages = 2;

class BufferMapTest : public testing::Test {
 protected:
  BufferMapTest()
      : net_(topology("lfcW1A1")),
        schedule_(Schedule::read(FLUENCE_SOURCE_DIR "/schedules", net_)),
        classes_(schedule_),
        parameters_(random_parameters(net_, 3)),
        effects_(parameters_) {}

  [[nodiscard]] BufferRequest request(CycleRange cycles = {}) const {
    BufferRequest request;
    request.net = &net_;
    request.spaces = {Space::accumulator, Space::stream, Space::fifo};
    request.layers = {2, 3};
    request.images = kImages;
    request.cycles = cycles.empty() ? CycleRange{0, schedule_.run_length(kImages)} : cycles;
    return request;
  }
  // Makes the images of the request's shard.
  BufferMap make(const BufferRequest& request, const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    BufferMap map(request, {{"version", "1"}});
    map.save_request(folder);
    for (const int image : map.images_left()) {
      auto one = random_image(static_cast<std::uint64_t>(image) + 1, net_.image());
      effects_.load(one);
      std::vector<std::string> regions;
      for (const auto& region : map.layout()->regions()) {
        regions.push_back(map_region(region, request.cycles, classes_, image, effects_));
      }
      map.add(image, regions, folder);
    }
    return map;
  }

  const Topology& net_;
  Schedule schedule_;
  BufferClasses classes_;
  Parameters parameters_;
  BufferEffects effects_;
  TempDir dir_;
};

TEST_F(BufferMapTest, HoldsEveryBitInEveryCycleOnce) {
  for (const auto cycles : {CycleRange{}, CycleRange{700, 1100}}) {
    const auto folder = dir_.path() / std::to_string(cycles.from);
    const auto map = make(request(cycles), folder);
    const auto& regions = map.layout()->regions();
    const SiteMap sites(net_);
    std::uint64_t consequential = 0;
    for (std::size_t i = 0; i < regions.size(); ++i) {
      std::uint64_t bits = 0;
      BitCycles found{};
      for (BufferBits bit(map, folder, i); bit.next();) {
        ASSERT_EQ(bit.site(), sites.nth(regions[i].space, regions[i].layer, bits++));
        auto at = map.request().cycles.from;
        for (const auto& entry : bit.entries()) {
          ASSERT_GE(entry.span.from, at);
          ASSERT_FALSE(entry.span.empty());
          at = entry.span.until;
          found[static_cast<std::size_t>(entry.consequence)] += entry.span.cycles();
        }
        ASSERT_LE(at, map.request().cycles.until);
      }
      EXPECT_EQ(bits, sites.bit_count(regions[i].space, regions[i].layer));
      const auto& totals = map.totals()[i];
      EXPECT_TRUE(std::equal(found.begin() + 1, found.end(), totals.begin() + 1));
      EXPECT_EQ(map.masked(i) + found[1] + found[2] + found[3] + found[4],
                bits * map.request().cycles.cycles());
      consequential += totals[1] + totals[2] + totals[3] + totals[4];
    }
    EXPECT_GT(consequential, 0U);
    // Weights of the rows add up to the same space.
    std::uint64_t weights = 0;
    std::string csv;
    buffer_csv(map, folder, [&](std::string_view piece) { csv += piece; });
    for (std::size_t at = csv.find('\n') + 1; at < csv.size();) {
      const auto end = csv.find('\n', at);
      const auto row = csv.substr(at, end - at);
      const auto last = row.rfind(',');
      const auto before = row.rfind(',', last - 1);
      weights += std::stoull(row.substr(before + 1, last - before - 1));
      at = end + 1;
    }
    EXPECT_EQ(weights, map.layout()->bits() * map.request().cycles.cycles());
  }
}

TEST_F(BufferMapTest, IsTheSameInShardsAndAfterItWasLoaded) {
  const auto whole = make(request(), dir_.path() / "whole");
  std::vector<std::filesystem::path> shards;
  for (int i = 0; i < kImages; ++i) {
    auto part = request();
    part.shard = {i, kImages};
    shards.push_back(dir_.path() / std::to_string(i));
    make(part, shards.back());
  }
  EXPECT_EQ(merge_buffer_maps(shards, dir_.path() / "merged"), kImages);
  const auto merged = BufferMap::load(dir_.path() / "merged");
  EXPECT_EQ(merged.digest(), whole.digest());
  EXPECT_EQ(merged.totals(), whole.totals());
  EXPECT_EQ(merged.manifest(), whole.manifest());
  EXPECT_THROW(merge_buffer_maps({shards.front()}, dir_.path() / "half"), InputError);
  EXPECT_THROW(merge_buffer_maps({shards.front(), shards.front()}, dir_.path() / "half"), InputError);
  // What is left resumes.
  std::filesystem::remove(dir_.path() / "merged" / "image-000001.bin");
  EXPECT_EQ(BufferMap::load(dir_.path() / "merged").images_left(), std::vector<int>{1});
}

constexpr CycleRange kMade{700, 1000};

TEST(BufferMapComparison, WeighsByCycles) {
  const TempDir dir;
  const auto before = dir.path() / "before";
  const auto now = dir.path() / "now";
  made_buffer_map(before, kMade,
                  {{{710, 720}, Consequence::right_to_wrong, 0},
                   {{720, 730}, Consequence::tolerable, 0},
                   {{800, 830}, Consequence::tolerable, 1}});
  made_buffer_map(now, kMade,
                  {{{700, 705}, Consequence::tolerable, 0},
                   {{715, 740}, Consequence::right_to_wrong, 0},
                   {{800, 830}, Consequence::tolerable, 0}});
  const auto compared = compare_maps(before.string(), now.string());
  ASSERT_EQ(compared.size(), 1U);
  const auto& one = compared.front();
  // 700 to 704, 710 to 714, 720 to 729, 730 to 739, and the other image in 800 to 829.
  EXPECT_EQ(one.changed, 5U + 5 + 10 + 10 + 30);
  EXPECT_EQ(one.more_critical, 20U);
  EXPECT_EQ(one.less_critical, 5U);
  EXPECT_EQ(one.before.critical(), 10U);
  EXPECT_EQ(one.now.critical(), 25U);
  EXPECT_TRUE(one.regressed());
  EXPECT_FALSE(compare_maps(now.string(), before.string()).front().regressed());
  EXPECT_EQ(compare_maps(now.string(), now.string()).front().changed, 0U);
  EXPECT_THAT(comparison_text(compared),
              testing::HasSubstr("           60            20             5  regressed\n"));
}

TEST(BufferMapComparison, RefusesWhatIsNotAlike) {
  const TempDir dir;
  const auto at = [&](const char* name) { return (dir.path() / name).string(); };
  made_buffer_map(at("one"), kMade, {});
  made_buffer_map(at("later"), {701, 1000}, {});
  made_buffer_map(at("begun"), kMade, {});
  std::filesystem::remove(dir.path() / "begun" / "image-000001.bin");
  const auto refused = [&](const char* before, const char* now, const char* what) {
    EXPECT_THAT([&] { compare_maps(at(before), at(now)); },
                testing::ThrowsMessage<InputError>(testing::HasSubstr(what)));
  };
  refused("one", "later", "cannot be compared (their cycles differ)");
  refused("one", "begun", "has 1 of its 2 images");
}

TEST_F(BufferMapTest, FindsAChangedByte) {
  const auto folder = dir_.path() / "map";
  make(request(), folder);
  const auto file = folder / "image-000000.bin";
  auto bytes = read_file(file, "it");
  bytes[bytes.size() / 2] ^= 1;
  std::ofstream(file, std::ios::binary) << bytes;
  EXPECT_THROW(BufferMap::load(folder), InputError);
}

TEST_F(BufferMapTest, RefusesWhatIsNoBuffer) {
  EXPECT_THROW(BufferLayout(net_, {Space::fifo, Space::weights}, {}), InputError);
  EXPECT_THROW(BufferLayout(net_, {Space::control}, {}), InputError);
  EXPECT_THROW(BufferLayout(net_, {Space::fifo}, {9}), InputError);
  EXPECT_THROW(BufferLayout(net_, {Space::window}, {}), InputError);  // it has none
}

}  // namespace
}  // namespace fluence::test
