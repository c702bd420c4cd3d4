// A map on disk: whole, resumable, mergeable, and refused where it is not what it was.
#include "map/results.hpp"

#include <gmock/gmock.h>

#include <array>
#include <fstream>
#include <functional>
#include <random>
#include <span>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "fault/fast_engine.hpp"
#include "map/compare.hpp"
#include "map/image_map.hpp"
#include "map/runner.hpp"
#include "network/synthetic.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr int kImages = 5;

MapRequest small_request(Shard shard = {}) {
  MapRequest request;
  request.net = &topology("cnvW1A1");
  request.layers = {8, 7, 7};
  request.images = kImages;
  request.shard = shard;
  return request;
}

const Parameters& parameters() {
  static const auto made = random_parameters(topology("cnvW1A1"), 5);
  return made;
}
const ImageSet& images() {
  static const auto made = synthetic_images(kSyntheticTestSeed, 0, kImages);
  return made;
}

// Runs into a folder, resuming what is there.
MapResults run(const fs::path& folder, Shard shard = {}, int jobs = 1) {
  fs::create_directories(folder);
  auto results = has_map(folder) ? MapResults::load(folder)
                                 : MapResults(small_request(shard), {{"images", "some"}});
  EXPECT_EQ(run_map(results, parameters(), images(), jobs, folder), PoolEnd::complete);
  return results;
}

void expect_refusal(const std::function<void()>& action, const std::string& what) {
  try {
    action();
    FAIL() << "nothing was refused: " << what;
  } catch (const InputError& e) {
    EXPECT_THAT(e.what(), HasSubstr(what));
  }
}

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(MapResults, AreTheSameForAnyNumberOfJobsAndReadBack) {
  const TempDir dir;
  const auto one = run(dir.path() / "one");
  const auto two = run(dir.path() / "two", {}, 2);
  EXPECT_EQ(one.images_done(), kImages);
  EXPECT_EQ(one.counts(), two.counts());
  EXPECT_EQ(one.digest(), two.digest());
  EXPECT_EQ(bytes_of(dir.path() / "one" / kMapFile), bytes_of(dir.path() / "two" / kMapFile));
  const auto read = MapResults::load(dir.path() / "one");
  EXPECT_EQ(read.counts(), one.counts());
  EXPECT_EQ(read.digest(), one.digest());
  EXPECT_EQ(read.manifest(), one.manifest());
}

TEST(MapResults, ResumeWithWhatIsMissing) {
  const TempDir dir;
  const auto whole = run(dir.path() / "whole");
  MapResults begun(small_request(), {{"images", "some"}});
  const auto map = make_image_map(parameters(), begun.layout());
  std::vector<BlockCounts> block(begun.layout().size());
  map->add(images()[3], block);
  const std::array done = {3};
  begun.add(done, block);
  EXPECT_NE(begun.digest(), whole.digest());
  fs::create_directories(dir.path() / "begun");
  begun.save(dir.path() / "begun");
  EXPECT_EQ(run(dir.path() / "begun").digest(), whole.digest());
}

TEST(MapResults, ShardsMergeToTheWhole) {
  const TempDir dir;
  const auto whole = run(dir.path() / "whole");
  const std::vector shards = {dir.path() / "a", dir.path() / "b"};
  const auto first = run(shards[0], {0, 2});
  EXPECT_EQ(first.images_done(), 3);  // 0, 2, 4
  run(shards[1], {1, 2});
  EXPECT_EQ(merge_maps(shards, dir.path() / "merged"), kImages);
  const auto merged = MapResults::load(dir.path() / "merged");
  EXPECT_EQ(merged.digest(), whole.digest());
  EXPECT_EQ(merged.manifest(), whole.manifest());

  expect_refusal([&] { merge_maps({shards[0]}, dir.path() / "m"); }, "shard 1/2 of the map is missing");
  expect_refusal([&] { merge_maps({shards[0], shards[0]}, dir.path() / "m"); }, "are the same shard");
  expect_refusal(
      [&] {
        merge_maps({shards[0], dir.path() / "whole"}, dir.path() / "m");
      },
      "different divisions");
  expect_refusal([&] { merge_maps(shards, dir.path() / "merged"); }, "exists");
  MapResults(small_request({1, 2}), {{"images", "some"}}).save(shards[1]);
  expect_refusal([&] { merge_maps(shards, dir.path() / "m"); }, "is unfinished (2 images are missing)");
  MapResults(small_request({1, 2}), {{"images", "others"}}).save(shards[1]);
  EXPECT_FALSE(fs::exists(dir.path() / "m"));
}

TEST(MapResults, EverySingleByteCounts) {
  const TempDir dir;
  run(dir.path());
  const auto good = bytes_of(dir.path() / kMapFile);
  for (std::size_t at = 0; at < good.size(); at += good.size() / 37) {
    auto bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 4);
    write_file(dir.path() / kMapFile, bad);
    EXPECT_THROW(MapResults::load(dir.path()), InputError) << "byte " << at;
  }
  for (const auto length : {std::size_t{0}, std::size_t{20}, good.size() / 2, good.size() - 1}) {
    write_file(dir.path() / kMapFile, good.substr(0, length));
    EXPECT_THROW(MapResults::load(dir.path()), InputError) << "length " << length;
  }
  write_file(dir.path() / kMapFile, good);
  EXPECT_NO_THROW(MapResults::load(dir.path()));
}

// Every second bit given two first ones: random ones as trials of three upsets, compared with the one of
// two.
TEST(MapResults, OfSecondUpsetsAreTrialsWithTheGivenOnes) {
  const TempDir dir;
  const auto plain = run(dir.path() / "plain");
  auto request = small_request();
  request.given = {{Space::weights, 3, 1, 17, 0, 5}, {Space::thresholds, 6, 0, 3, 0, 15}};
  MapResults pairs(request, {{"images", "some"}});
  fs::create_directories(dir.path() / "pairs");
  ASSERT_EQ(run_map(pairs, parameters(), images(), 1, dir.path() / "pairs"), PoolEnd::complete);
  EXPECT_NE(pairs.digest(), plain.digest());
  const auto read = MapResults::load(dir.path() / "pairs");
  EXPECT_EQ(read.request().given, request.given);
  EXPECT_EQ(read.digest(), pairs.digest());
  expect_refusal([&] { compare_maps(plain, pairs, "a", "b"); }, "their given upsets differ");
  expect_refusal(
      [&] {
        auto both = plain;
        both.add(pairs, "a", "b");
      },
      "given differs");

  FastEngine engine(parameters(), images());
  const auto scores = [&](const std::vector<Fault>& faults) {
    return engine.run({0, kImages, faults}, Semantics::physical).scores;
  };
  const auto given = scores(request.given_faults());
  ASSERT_NE(given, scores({}));
  std::mt19937_64 random(4);
  int masked = 0;
  for (int i = 0; i < 300; ++i) {
    const auto number = i == 0 ? std::size_t{0} : random() % pairs.layout().size();
    auto faults = request.given_faults();
    faults.push_back(faults.front());
    faults.back().site = pairs.layout().site(number);
    const auto found = scores(faults);
    MapCounts counts;
    for (int image = 0; image < kImages; ++image) {
      const auto of = [&](const std::vector<std::int16_t>& all) {
        const auto own = std::span(all).subspan(static_cast<std::size_t>(image * engine.scores()),
                                                static_cast<std::size_t>(engine.scores()));
        return Scores(own.begin(), own.end());
      };
      counts.add(one_of(Judge(of(given), images()[image].label, engine.decider())(of(found))));
    }
    EXPECT_EQ(counts, pairs.counts()[number]) << number;
    masked += counts == MapCounts{} ? 1 : 0;
  }
  EXPECT_LT(masked, 290);
}

TEST(MapComparison, CountsFaultsThatBecameWorse) {
  const TempDir dir;
  const auto one = run(dir.path());
  for (const auto& c : compare_maps(one, one, "a", "b")) {
    EXPECT_EQ(c.changed, 0U);
    EXPECT_FALSE(c.regressed());
  }
  MapResults worse(small_request(), {{"images", "some"}});
  std::vector<BlockCounts> block(worse.layout().size());
  for (std::size_t i = 0; i < block.size(); ++i) {
    block[i] = BlockCounts{kImages} << 16;  // all right to wrong
  }
  const std::array all = {0, 1, 2, 3, 4};
  worse.add(all, block);
  const auto comparisons = compare_maps(one, worse, "a", "b");
  EXPECT_TRUE(comparisons.front().regressed());
  EXPECT_FALSE(compare_maps(worse, one, "a", "b").front().regressed());
  MapResults begun(small_request(), {{"images", "some"}});
  expect_refusal([&] { compare_maps(one, begun, "a", "b"); }, "the map in b has 0 of its 5 images");
  MapResults other(small_request(), {{"images", "other"}});
  other.add(all, block);
  expect_refusal([&] { compare_maps(one, other, "a", "b"); }, "their images differ");
}

}  // namespace
}  // namespace fluence::test
