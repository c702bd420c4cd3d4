// A campaign in shards is the campaign; what cannot be merged is refused and leaves nothing behind.
#include <gmock/gmock.h>

#include <set>

#include "base/error.hpp"
#include "campaign/merge.hpp"
#include "campaign/shard.hpp"
#include "tests/cli/command.hpp"
#include "tests/support/results.hpp"

namespace fluence::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr auto kShardSpec = R"(name = "t"
seed = 1
count = 12
[[part]]
networks = ["cnvW1A1", "cnvW2A2"]
modes = ["seu", "mbu"]
spaces = ["weights"]
faults = [1, 20]
trials = 7
)";

// Three shards of a campaign in <dir>/c, made once: shards 0 and 1 of 7 trials a scenario differ in
// size.
class Campaign {
 public:
  Campaign() {
    write_text(dir_.file("spec.toml"), kShardSpec);
    for (const auto* shard : {"0/3", "1/3", "2/3"}) {
      ran_.push_back(run(std::string("--jobs 2 --shard ") + shard));
    }
    ran_.push_back(fluence("run " + dir_.file("spec.toml") + " " + workspace().inputs() + " --out " +
                           dir_.file("whole") + " --jobs 2"));
  }
  [[nodiscard]] test::Finished run(const std::string& more) const {
    return fluence("run " + dir_.file("spec.toml") + " " + workspace().inputs() + " --out " +
                   dir_.file("c") + " " + more);
  }
  [[nodiscard]] const std::vector<test::Finished>& ran() const { return ran_; }
  [[nodiscard]] std::string shard(int i) const {
    return dir_.file("c/shard-" + std::to_string(i) + "-of-3");
  }
  [[nodiscard]] std::string file(const std::string& name) const { return dir_.file(name); }
  [[nodiscard]] std::string all() const { return shard(0) + " " + shard(1) + " " + shard(2); }

 private:
  TempDir dir_;
  std::vector<test::Finished> ran_;
};

const Campaign& campaign() {
  static const Campaign made;
  return made;
}

// A copy of shard 1 that a test may spoil.
class Spoilt {
 public:
  Spoilt() { fs::copy(campaign().shard(1), dir_.path() / "s", fs::copy_options::recursive); }
  void execute(const std::string& sql) const { rewrite_results(folder(), sql); }
  [[nodiscard]] std::string file() const { return dir_.file("s/results.sqlite"); }
  [[nodiscard]] std::string folder() const { return dir_.file("s"); }

 private:
  TempDir dir_;
};

void expect_merge_refusal(const std::string& shards, const std::string& what) {
  const TempDir dir;
  const auto finished = fluence("merge --out " + dir.file("out") + " " + shards);
  EXPECT_EQ(finished.code, 2) << finished.out;
  EXPECT_EQ(finished.error_lines(), 1) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr(what));
  EXPECT_EQ(dir.entries(), 0);
}

TEST(Shard, EveryTrialIsInOneAndAllAreOfASize) {
  for (const int count : {1, 2, 3, 7, 100}) {
    for (const std::int64_t first : {0, 5, 2000}) {
      for (const std::int64_t trials : {0, 1, 5, 350}) {
        std::int64_t sum = 0;
        for (int i = 0; i < count; ++i) {
          const Shard shard{i, count};
          std::int64_t own = 0;
          for (auto t = first; t < first + trials; ++t) {
            own += shard.has(t) ? 1 : 0;
          }
          EXPECT_EQ(shard.share(first, trials), own) << shard.text() << " from " << first;
          EXPECT_LE(std::abs(static_cast<double>(own) - static_cast<double>(trials) / count), 1);
          sum += own;
        }
        EXPECT_EQ(sum, trials);
      }
    }
  }
}

TEST(Shard, IsWrittenFromZero) {
  EXPECT_EQ(Shard::parse("3/100").text(), "3/100");
  EXPECT_EQ(Shard::parse("3/100").folder(), "shard-3-of-100");
  for (const auto* bad : {"", "3", "3/", "/3", "3/3", "-1/3", "1/2/3", "a/3", "1/0", "0/1001", "1/3 "}) {
    EXPECT_THROW(Shard::parse(bad), InputError) << bad;
  }
}

TEST(Shards, MergedAreWhatOneProcessGives) {
  for (const auto& ran : campaign().ran()) {
    ASSERT_EQ(ran.code, 0) << ran.err;
  }
  EXPECT_THAT(campaign().ran()[1].out, HasSubstr("t, shard 1/3, is complete, 19 trials in "));
  EXPECT_THAT(campaign().ran()[1].err, HasSubstr("19/19 trials"));
  const TempDir dir;
  const auto merged = fluence("merge --out " + dir.file("m") + " " + campaign().shard(2) + " " +
                              campaign().shard(0) + " " + campaign().shard(1));
  EXPECT_EQ(merged.code, 0) << merged.err;
  EXPECT_THAT(merged.out, HasSubstr("56 trials of 3 shards merged into " + dir.file("m")));
  EXPECT_EQ(test::dump_results(dir.file("m")), test::dump_results(campaign().file("whole")));
  const auto digest = [](const std::string& folder) {
    return fluence("digest " + folder).out.substr(0, 16);
  };
  EXPECT_EQ(digest(dir.file("m")), digest(campaign().file("whole")));
  EXPECT_NE(digest(dir.file("m")), digest(campaign().shard(0)));
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path() / "m"), {}), 1);
  const auto again = fluence("run " + campaign().file("spec.toml") + " " + workspace().inputs() +
                             " --out " + dir.file("m"));
  EXPECT_THAT(again.out, HasSubstr("56 trials")) << "not taken for the whole campaign: " << again.err;
}

TEST(Digest, DependsOnEveryValueAndNotOnTheOrderOfWriting) {
  const auto digest = [](const Spoilt& copy) {
    return fluence("digest " + copy.folder()).out.substr(0, 16);
  };
  const Spoilt same;
  same.execute(
      "CREATE TEMP TABLE t AS SELECT * FROM trial; DELETE FROM trial; INSERT INTO trial SELECT * "
      "FROM t ORDER BY scores_digest; UPDATE manifest SET value = 'other' WHERE key NOT LIKE 'hardware "
      "%'");
  EXPECT_EQ(digest(same), digest(Spoilt()));
  for (const auto* change :
       {"UPDATE trial SET correct = correct + 1 WHERE scenario = 1 AND trial = (SELECT min(trial) FROM "
        "trial WHERE scenario = 1)",
        "UPDATE upset SET bit = bit + 1 WHERE scenario = 0 AND number = 0",
        "UPDATE upset SET before_image = NULL, cycle = before_image WHERE scenario = 0",
        "UPDATE baseline SET correct = correct + 1", "DELETE FROM upset WHERE number = 19"}) {
    const Spoilt other;
    other.execute(change);
    EXPECT_NE(digest(other), digest(same)) << change;
  }
}

TEST(Shards, OneThatIsMissingTwiceThereOrUnfinishedIsNamed) {
  expect_merge_refusal(campaign().shard(0) + " " + campaign().shard(2), "shard 1/3 of t is missing");
  expect_merge_refusal(campaign().shard(0) + " " + campaign().shard(1), "shard 2/3 of t is missing");
  expect_merge_refusal(campaign().all() + " " + campaign().shard(1), "are the same shard, 1/3");
  const Spoilt unfinished;
  unfinished.execute("DELETE FROM trial WHERE scenario = 3");
  expect_merge_refusal(campaign().shard(0) + " " + unfinished.folder() + " " + campaign().shard(2),
                       "shard 1/3 in " + unfinished.folder() + " is unfinished (2 trials are missing)");
}

TEST(Shards, ACampaignThatEndsAtMarginsHasNone) {
  const TempDir dir;
  write_text(dir.file("spec.toml"), std::string(kShardSpec) + "margin = 1\n");
  const auto finished = fluence("run " + dir.file("spec.toml") + " " + workspace().inputs() +
                                " --shard 0/3 --out " + dir.file("c"));
  EXPECT_EQ(finished.code, 2);
  EXPECT_EQ(finished.error_lines(), 1) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("spec.toml: 'margin' ends a scenario by the results of all its"));
  EXPECT_EQ(dir.entries(), 1) << "nothing was written";
}

TEST(Shards, OfDifferentCampaignsOrDivisionsAreRefused) {
  const Spoilt seed;
  seed.execute("UPDATE manifest SET value = '2' WHERE key = 'seed'");
  expect_merge_refusal(campaign().shard(0) + " " + seed.folder(), "different campaigns (seed differs)");
  const Spoilt division;
  division.execute("UPDATE manifest SET value = '1/4' WHERE key = 'shard'");
  expect_merge_refusal(campaign().shard(0) + " " + division.folder(),
                       "different divisions (0/3 and 1/4)");
  const Spoilt scores;
  scores.execute("UPDATE baseline SET digest = 'other'");
  expect_merge_refusal(campaign().shard(0) + " " + scores.folder() + " " + campaign().shard(2),
                       "other fault-free scores");
  expect_merge_refusal(campaign().file("whole"), "holds no shard of a campaign");
  expect_merge_refusal(campaign().file("none"), "there are no results in");
  expect_merge_refusal("", "no shards are named");
  const auto whole = campaign().run("--shard 3/3");
  EXPECT_EQ(whole.code, 2);
  EXPECT_THAT(whole.err, HasSubstr("'3/3' is no shard"));
}

TEST(Shards, DamagedOnesAreRefused) {
  const auto others = campaign().shard(0) + " " + campaign().shard(2) + " ";
  const Spoilt moved;
  moved.execute(
      "UPDATE trial SET trial = 1000 WHERE scenario = 3 AND trial = (SELECT max(trial) FROM trial "
      "WHERE scenario = 3)");
  expect_merge_refusal(others + moved.folder(), "of scenario 3 is not in its place");
  const Spoilt stray;
  stray.execute("UPDATE upset SET trial = trial + 1000 WHERE scenario = 7");
  expect_merge_refusal(others + stray.folder(), "it holds rows of other trials");
  // Every page but the first in turn: read or not, there is no crash and no half of a result.
  const auto pages = fs::file_size(Spoilt().file()) / 4096;
  int refused = 0;
  for (std::uintmax_t page = 1; page < pages; ++page) {
    const Spoilt torn;
    std::fstream file(torn.file(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(page * 4096)).write(std::string(4096, '\xff').data(), 4096);
    file.close();
    const TempDir dir;
    const auto finished = fluence("merge --out " + dir.file("out") + " " + others + torn.folder());
    refused += finished.code == 2 ? 1 : 0;
    EXPECT_EQ(dir.entries(), finished.code == 2 ? 0 : 1) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr(torn.folder())) << page;
  }
  EXPECT_EQ(refused, pages - 1);
}

TEST(Shards, ExistingResultsAreLeftAlone) {
  const auto before = test::dump_results(campaign().file("whole"));
  const auto finished = fluence("merge --out " + campaign().file("whole") + " " + campaign().all());
  EXPECT_EQ(finished.code, 2);
  EXPECT_THAT(finished.err, HasSubstr("whole/results.sqlite exists"));
  EXPECT_EQ(test::dump_results(campaign().file("whole")), before);
  expect_merge_refusal(campaign().all() + " --out /proc/fluence", "--out");
  EXPECT_EQ(fluence("merge --out /proc/fluence " + campaign().all()).code, 2);
  const auto shard = fluence("run " + campaign().file("spec.toml") + " " + workspace().inputs() +
                             " --out " + campaign().shard(0));
  EXPECT_EQ(shard.code, 2) << "a shard is taken for the whole campaign";
  EXPECT_THAT(shard.err, HasSubstr("(its shard differs)"));
}

TEST(Shards, TheUnfinishedOnesAreListed) {
  const auto list = [](const fs::path& folder, const std::string& n) {
    return fluence("merge --unfinished " + n + " --out " + folder.string());
  };
  EXPECT_EQ(list(campaign().file("c"), "3").out, "\n");
  EXPECT_EQ(list(campaign().file("c"), "5").out, "0-4\n");
  const TempDir dir;
  for (const int i : {1, 2}) {
    fs::copy(campaign().shard(i), dir.path() / fs::path(campaign().shard(i)).filename(),
             fs::copy_options::recursive);
  }
  EXPECT_EQ(list(dir.path(), "3").out, "0\n");
  rewrite_results(dir.path() / "shard-2-of-3", "DELETE FROM trial WHERE scenario = 0");
  EXPECT_EQ(list(dir.path(), "3").out, "0,2\n");
  write_text(dir.path() / "shard-1-of-3/results.sqlite", std::string(5000, 'x'));
  const auto damaged = list(dir.path(), "3");
  EXPECT_EQ(damaged.code, 2);
  EXPECT_THAT(damaged.err, HasSubstr("shard-1-of-3"));
}

}  // namespace
}  // namespace fluence::test
