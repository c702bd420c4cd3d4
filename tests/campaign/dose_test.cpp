// Campaigns that state doses.
#include <gmock/gmock.h>

#include <set>

#include "campaign/integrity.hpp"
#include "campaign/merge.hpp"
#include "tests/campaign/fake_engine.hpp"
#include "tests/support/results.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence {
namespace {

// Trials of a dose have numbers of their own, which are those of the seed: with other workers, after a
// stop, and in shards.
TEST(Campaign, DosesDependOnNothingButTheSeed) {
  const test::TempDir dir;
  const auto s = Spec::parse(R"(name = "t"
seed = 3
count = 6
trials = 20
[[part]]
networks = "cnvW1A1"
modes = ["seu", "mbu"]
spaces = [["weights", "thresholds"]]
fluence = [0, 1e9]
cross_section = { weights = 1e-15, thresholds = 3e-14 }
)",
                             "t.toml");
  test::run(dir.path() / "one", s, 1);
  test::run(dir.path() / "three", s, 3);
  const auto one = test::dump_results(dir.path() / "one");
  EXPECT_EQ(test::dump_results(dir.path() / "three"), one);
  std::vector<std::filesystem::path> shards;
  for (const int index : {0, 1}) {
    shards.push_back(dir.path() / std::to_string(index));
    const Shard shard{index, 2};
    auto manifest = test::kRunnerManifest;
    manifest["shard"] = shard.text();
    auto store = Store::open(shards.back(), manifest, s.scenarios);
    EXPECT_EQ(run_campaign(s, store, test::factory(), test::labels_of, {2, shard}), PoolEnd::complete);
  }
  EXPECT_EQ(merge_shards(shards, dir.path() / "merged"), 80);
  EXPECT_EQ(test::dump_results(dir.path() / "merged"), one);
  EXPECT_EQ(content_digest(dir.path() / "merged"), content_digest(dir.path() / "one"));
  auto store = Store::open_existing(dir.path() / "one");
  std::set<std::size_t> numbers;
  for (int trial = 0; trial < 20; ++trial) {
    EXPECT_TRUE(store.upsets(0, trial).empty());
    numbers.insert(store.upsets(1, trial).size());
  }
  EXPECT_GT(numbers.size(), 2U);
  EXPECT_NEAR(store.tallies().at(1).upsets(), 1.570496 + 0.93696, 1e-12);
}

}  // namespace
}  // namespace fluence
