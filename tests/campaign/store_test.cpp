#include "campaign/store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>

#include "base/error.hpp"
#include "campaign/database.hpp"
#include "campaign/integrity.hpp"
#include "campaign/merge.hpp"
#include "campaign/spec.hpp"
#include "tests/support/results.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Manifest kManifest = {{"seed", "3"}, {"spec", "text"}, {"version", "1"}};

std::vector<Scenario> scenarios() {
  return Spec::parse(R"(name = "t"
seed = 3
count = 6
trials = 20
[[part]]
networks = "cnvW1A1"
modes = ["seu", "mbu"]
spaces = "weights"
faults = 2
)",
                     "t.toml")
      .scenarios;
}

std::vector<Fault> upsets(int trial) {
  Fault first;
  first.before_image = 0;
  first.site = {Space::weights, 1, 2, 3, 0, trial};
  auto second = first;
  second.before_image = 4;
  second.site.index = 77;
  second.site.copy = 2;
  return {first, second};
}

TrialRecord record(int scenario, int trial) {
  return {scenario,
          trial,
          {5, 3, 2, 1, 0, "0123456789abcdef"},
          "",
          0,
          {6, "fedcba9876543210", "\x3f"},
          upsets(trial),
          {Fate::read, Fate::read},
          {trial % 2 == 0 ? "\x1f" : "\x3e", "\x20"}};
}

// Trials 0 to `trials` - 1 of both scenarios.
void fill(const fs::path& folder, int trials, const Manifest& manifest = kManifest) {
  auto store = Store::open(folder, manifest, scenarios());
  for (int s = 0; s < 2; ++s) {
    for (int t = 0; t < trials; ++t) {
      store.add(std::vector{record(s, t)});
    }
  }
}

std::string refusal(const auto& call) {
  try {
    call();
  } catch (const InputError& e) {
    return e.what();
  }
  return "no refusal";
}

TEST(Store, OneThatWasKilledBeforeItsManifestWasWrittenIsBegunAnew) {
  const test::TempDir dir;
  fs::create_directory(dir.path() / "r");
  {
    SQLite::Database db((dir.path() / "r" / kResultsFile).string(),
                        SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    upgrade_results(db, dir.path() / "r");
  }
  EXPECT_THAT(
      [&] { Store::open_existing(dir.path() / "r"); },
      testing::ThrowsMessage<InputError>(HasSubstr("the campaign was stopped before its first")));
  const auto store = Store::open(dir.path() / "r", kManifest, scenarios());
  EXPECT_EQ(Store::open_existing(dir.path() / "r").manifest(), kManifest);
}

TEST(Store, LeavesOneFileThatAReadOnlyFolderCanHold) {
  const test::TempDir dir;
  fill(dir.path() / "r", 3);
  EXPECT_EQ(Store::open_existing(dir.path() / "r").finished().size(), 6U);
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path() / "r"), {}), 1);
}

// The loser comes and goes while the winner has made its file and not yet stored a trial.
TEST(Store, TheLoserOfTwoThatStartLeavesTheWinnersResults) {
  const test::TempDir dir;
  auto winner = Store::open(dir.path() / "a/r", kManifest, scenarios());
  EXPECT_THAT(refusal([&] { Store::open(dir.path() / "a/r", kManifest, scenarios()); }),
              HasSubstr("is being written by another campaign"));
  winner.add(std::vector{record(0, 0)});
  EXPECT_EQ(winner.trials_on_disk(), 1U);
}

TEST(Store, SaysIfItsFileWasTakenAway) {
  const test::TempDir dir;
  auto store = Store::open(dir.path() / "r", kManifest, scenarios());
  store.add(std::vector{record(0, 0)});
  fs::copy_file(dir.path() / "r" / kResultsFile, dir.path() / "copy");
  fs::remove(dir.path() / "r" / kResultsFile);
  EXPECT_THAT(refusal([&] { static_cast<void>(store.trials_on_disk()); }),
              HasSubstr("was removed or replaced while the campaign ran"));
  fs::rename(dir.path() / "copy", dir.path() / "r" / kResultsFile);
  EXPECT_THAT(refusal([&] { static_cast<void>(store.trials_on_disk()); }),
              HasSubstr("was removed or replaced while the campaign ran"));
}

TEST(Store, UnusableFoldersAreNamedAndLeftAsTheyWere) {
  const test::TempDir dir;
  const auto open = [](const fs::path& folder) { Store::open(folder, kManifest, scenarios()); };
  std::ofstream(dir.path() / "file") << "text";
  EXPECT_THROW(open(dir.path() / "file"), InputError);
  EXPECT_THROW(open(dir.path() / "file" / "below"), InputError);
  EXPECT_THROW(open("/proc/fluence"), InputError);
  EXPECT_THROW(open(dir.path() / "made" / std::string(300, 'a')), InputError);
  EXPECT_THROW(Store::open_existing(dir.path() / "none"), InputError);
  fs::create_directory(dir.path() / "other");
  std::ofstream(dir.path() / "other/results.sqlite") << "this is no database, but long enough to be one";
  EXPECT_THROW(open(dir.path() / "other"), InputError);
  EXPECT_THROW(Store::open_existing(dir.path() / "other"), InputError);
  EXPECT_EQ(fs::file_size(dir.path() / "other/results.sqlite"), 46U);
  EXPECT_EQ(dir.entries(), 2);
}

TEST(Store, ForeignDatabasesAreLeftAlone) {
  const test::TempDir dir;
  SQLite::Database((dir.path() / kResultsFile).string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("CREATE TABLE other (x)");
  EXPECT_THAT(refusal([&] { Store::open(dir.path(), kManifest, scenarios()); }),
              HasSubstr("is no results file"));
  const SQLite::Database db((dir.path() / kResultsFile).string());
  EXPECT_TRUE(db.tableExists("other"));
  EXPECT_FALSE(db.tableExists("trial"));
}

// What a view, a trigger or an expression does is up to whoever made the file, and may have no end.
TEST(Store, WhatNoCampaignMakesIsRefusedUnread) {
  const auto endless = std::string("WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t) ");
  for (const auto& [sql, what] : std::vector<std::pair<std::string, std::string>>{
           {"DROP TABLE trial; CREATE VIEW trial AS " + endless +
                "SELECT i AS scenario, 1 AS trial FROM t",
            "has no table 'trial' as a campaign makes it"},
           {"CREATE TRIGGER other AFTER INSERT ON trial BEGIN DELETE FROM upset; END",
            "holds the trigger 'other', which no campaign makes"},
           {"CREATE VIEW other AS SELECT 1", "holds the view 'other', which no campaign makes"},
           {"CREATE INDEX other ON upset (hex(zeroblob(layer)))", "holds the index 'other'"},
           {"DROP TABLE failure", "has no table 'failure' as a campaign makes it"},
           {"ALTER TABLE trial ADD COLUMN more AS (zeroblob(1000000000))", "has no table 'trial' as"}}) {
    for (const int version : {1, 2, kSchemaVersion}) {
      if (version == 1 && what.find("failure") != std::string::npos) {
        continue;  // which it does not have
      }
      const test::TempDir dir;
      fill(dir.path(), 2);
      if (version < kSchemaVersion) {
        test::writable(dir.path())
            .exec(
                "ALTER TABLE scenario DROP COLUMN reload; ALTER TABLE scenario DROP COLUMN draw; ALTER "
                "TABLE trial DROP COLUMN weight;"
                "ALTER TABLE scenario DROP COLUMN rule; ALTER TABLE scenario DROP COLUMN plausible;"
                "ALTER TABLE scenario DROP COLUMN watchdog; ALTER TABLE trial DROP COLUMN implausible;"
                "ALTER TABLE trial DROP COLUMN implausible_set;"
                "ALTER TABLE scenario DROP COLUMN dose; ALTER TABLE scenario DROP COLUMN dose_value;"
                "ALTER TABLE scenario DROP COLUMN expected;"
                "ALTER TABLE trial DROP COLUMN critical_set; ALTER TABLE trial DROP COLUMN correct_set;"
                "ALTER TABLE baseline DROP COLUMN correct_set; ALTER TABLE upset DROP COLUMN copy;"
                "PRAGMA user_version = 2");
      }
      if (version == 1) {
        test::writable(dir.path())
            .exec("DROP TABLE failure; DROP TABLE integrity; PRAGMA user_version = 1");
      }
      test::writable(dir.path()).exec(sql);
      for (const auto& text : {refusal([&] { Store::open(dir.path(), kManifest, scenarios()); }),
                               refusal([&] { Store::open_existing(dir.path()); }),
                               refusal([&] { content_digest(dir.path()); })}) {
        EXPECT_THAT(text, HasSubstr(what)) << sql;
      }
    }
  }
  // SQLite's own statistics are no content.
  const test::TempDir dir;
  fill(dir.path(), 2);
  test::writable(dir.path()).exec("ANALYZE");
  EXPECT_EQ(Store::open_existing(dir.path()).finished().size(), 4U);
}

TEST(Store, ANewerVersionIsRefusedByNumber) {
  const test::TempDir dir;
  fill(dir.path(), 1);
  test::writable(dir.path()).exec("PRAGMA user_version = 99");
  for (const auto& text : {refusal([&] { Store::open(dir.path(), kManifest, scenarios()); }),
                           refusal([&] { Store::open_existing(dir.path()); })}) {
    EXPECT_THAT(text, HasSubstr("has schema version 99 where 7 is the newest known"));
  }
}

// What kill -9 leaves in a campaign's first milliseconds: a file without bytes, or one without tables.
TEST(Store, ADatabaseWithoutTablesIsNoResultsYet) {
  const test::TempDir dir;
  const auto folder = dir.path() / "r";
  for (const auto* moment : {"", "PRAGMA journal_mode = WAL; VACUUM"}) {
    fs::create_directory(folder);
    SQLite::Database((folder / kResultsFile).string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
        .exec(moment);
    EXPECT_FALSE(has_results(folder));
    EXPECT_THAT(refusal([&] { Store::open_existing(folder); }), HasSubstr("there are no results in"));
    fill(folder, 2);
    EXPECT_EQ(Store::open_existing(folder).finished().size(), 4U);
    fs::remove_all(folder);
  }
}

TEST(Store, AFailedTrialIsKeptWithItsUpsetsAndIsInNoStatistic) {
  const test::TempDir dir;
  fill(dir.path(), 2);
  const auto before = content_digest(dir.path());
  auto store = Store::open(dir.path(), kManifest, scenarios());
  store.add_failed({1, 7, "its worker was killed by signal 11", upsets(7)});
  EXPECT_TRUE(store.finished().contains({1, 7}));
  EXPECT_EQ(store.trials_on_disk(), 5U);
  const auto failed = store.failed();
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].reason, "its worker was killed by signal 11");
  ASSERT_EQ(failed[0].upsets.size(), 2U);
  EXPECT_EQ(failed[0].upsets[1].site, upsets(7)[1].site);
  EXPECT_EQ(failed[0].upsets[1].before_image, 4);
  const auto tally = store.tallies().at(1);
  EXPECT_EQ(tally.failed, 1);
  EXPECT_EQ(tally.done, 2);
  EXPECT_EQ(tally.correct, 10);
  const auto with = content_digest(dir.path());
  EXPECT_NE(with, before);
  test::writable(dir.path()).exec("UPDATE failure SET reason = 'it overran its limit of 2 s'");
  EXPECT_THAT(refusal([&] { content_digest(dir.path()); }), HasSubstr("table failure is not as it was"));
  store.forget_failed();
  EXPECT_TRUE(store.failed().empty());
  EXPECT_EQ(content_digest(dir.path()), before);
}

TEST(Store, AnUpsetInALayerThatIsNotThereIsRefused) {
  const test::TempDir dir;
  fill(dir.path(), 2);
  test::rewrite_results(dir.path(), "UPDATE upset SET layer = 11 WHERE trial = 1");
  auto store = Store::open_existing(dir.path());
  EXPECT_THAT(refusal([&] { static_cast<void>(store.upsets(0)); }),
              HasSubstr("hold an upset in layer 11, which cnvW1A1 does not have"));
}

TEST(ContentDigest, DoesNotDependOnWhoComputedNorOnTheOrder) {
  const test::TempDir dir;
  fill(dir.path() / "one", 3);
  fill(dir.path() / "two", 3, {{"seed", "3"}, {"spec", "text"}, {"version", "2"}, {"rtl", "another"}});
  {
    auto store = Store::open(dir.path() / "three", kManifest, scenarios());
    for (const auto& [s, t] : {std::pair{1, 2}, {0, 1}, {1, 0}, {0, 2}, {0, 0}, {1, 1}}) {
      store.add(std::vector{record(s, t)});
    }
  }
  EXPECT_EQ(content_digest(dir.path() / "one"), content_digest(dir.path() / "two"));
  EXPECT_EQ(content_digest(dir.path() / "one"), content_digest(dir.path() / "three"));
  fill(dir.path() / "four", 2);
  EXPECT_NE(content_digest(dir.path() / "one"), content_digest(dir.path() / "four"));
}

std::vector<Scenario> doses(const std::string& amount) {
  return Spec::parse(R"(name = "t"
seed = 3
count = 6
trials = 20
[[part]]
networks = "cnvW1A1"
modes = "seu"
spaces = "weights"
)" + amount,
                     "t.toml")
      .scenarios;
}

TEST(Store, KeepsADoseAndItsMean) {
  const test::TempDir dir;
  std::set<std::string> digests;
  for (const auto* amount : {"fluence = [1e10]\ncross_section = 1e-15",
                             "fluence = [2e10]\ncross_section = 5e-16", "rate = 1e-6", "faults = 0"}) {
    const auto folder = dir.path() / std::to_string(digests.size());
    Store::open(folder, kManifest, doses(amount));
    EXPECT_TRUE(digests.insert(content_digest(folder)).second) << amount;
  }
  const auto tally = Store::open_existing(dir.path() / "0").tallies().at(0);
  EXPECT_EQ(tally.dose, "particles/cm2");
  EXPECT_EQ(tally.dose_value, 1e10);
  EXPECT_EQ(tally.faults, 0);
  EXPECT_DOUBLE_EQ(tally.upsets(), 15.70496);  // 1,570,496 bits
  EXPECT_EQ(tally.amount(), "dose 10000000000 particles/cm2");
  EXPECT_EQ(tally.reload, 0);
}

TEST(Store, KeepsHowOftenParametersAreReloaded) {
  const test::TempDir dir;
  Store::open(dir.path() / "0", kManifest, doses("faults = 5"));
  Store::open(dir.path() / "1", kManifest, doses("faults = 5\nreload = 3"));
  EXPECT_EQ(Store::open_existing(dir.path() / "1").tallies().at(0).reload, 3);
  EXPECT_NE(content_digest(dir.path() / "0"), content_digest(dir.path() / "1"));
}

// As a later version would add one, which this one opens no more.
TEST(ContentDigest, AColumnThatComesLaterCountsWhereItIsUsed) {
  const test::TempDir dir;
  fill(dir.path(), 3);
  const auto before = content_digest(dir.path());
  auto db = test::writable(dir.path());
  db.exec("ALTER TABLE upset ADD COLUMN effect TEXT NOT NULL DEFAULT 'flip'");
  EXPECT_TRUE(damages(db).empty());
  EXPECT_EQ(content_digest(db), before);
  db.exec("UPDATE upset SET effect = 'stuck0' WHERE trial = 1 AND number = 0");
  EXPECT_FALSE(damages(db).empty());
  Ledger(db).recount_all();
  EXPECT_TRUE(damages(db).empty());
  EXPECT_NE(content_digest(db), before);
}

// Each bit of a database is one of its results, or none of them: then it changes nothing.
TEST(Integrity, NoBitOfAResultIsLostUnnoticed) {
  const test::TempDir dir;
  fill(dir.path() / "r", 4);
  const auto rows = test::dump_results(dir.path() / "r");
  std::ifstream in(dir.path() / "r" / kResultsFile, std::ios::binary);
  const std::string good(std::istreambuf_iterator<char>(in), {});
  fs::create_directory(dir.path() / "d");
  std::mt19937 random(1);
  int refused = 0;
  for (int k = 0; k < 1500; ++k) {
    auto bytes = good;
    // Half of them where there is content at all.
    auto at = random() % bytes.size();
    while (k % 2 == 0 && bytes[at] == 0) {
      at = random() % bytes.size();
    }
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (random() % 8)));
    std::ofstream(dir.path() / "d" / kResultsFile, std::ios::binary) << bytes;
    try {
      static_cast<void>(Store::open_existing(dir.path() / "d"));
    } catch (const InputError&) {
      ++refused;
      continue;
    }
    ASSERT_EQ(test::dump_results(dir.path() / "d"), rows) << "byte " << at;
  }
  EXPECT_GT(refused, 300);
}

TEST(Integrity, DamageIsNamedAndACampaignDoesNotGoOn) {
  const test::TempDir dir;
  fill(dir.path(), 2);
  test::writable(dir.path()).exec("UPDATE trial SET critical = 2 WHERE scenario = 1 AND trial = 0");
  for (const auto& text : {refusal([&] { Store::open(dir.path(), kManifest, scenarios()); }),
                           refusal([&] { Store::open_existing(dir.path()); }),
                           refusal([&] { content_digest(dir.path()); })}) {
    EXPECT_THAT(text, HasSubstr("are damaged (table trial is not as it was written)"));
  }
}

// Values that no campaign writes, and others may: a fraction, a text with a NUL, bytes.
std::vector<Scenario> with_rule(const std::string& critical) {
  auto own = scenarios();
  for (auto& scenario : own) {
    scenario.rule = {CriticalRule::parse(critical), ScoreRange{0, 9}, 5000};
  }
  return own;
}

TEST(Store, KeepsByWhatOutcomesWereTold) {
  const test::TempDir dir;
  const test::TempDir plain;
  fill(plain.path(), 1);
  {
    auto store = Store::open(dir.path(), kManifest, with_rule("pairs 1>2"));
    for (int s = 0; s < 2; ++s) {
      auto one = record(s, 0);
      one.outcomes.implausible = 2;
      one.sets.implausible = "\x06";
      store.add(std::vector{one});
    }
    EXPECT_EQ(store.tallies().at(1).rule, with_rule("pairs 1>2").at(1).rule);
  }
  auto store = Store::open_existing(dir.path());
  EXPECT_EQ(store.trials(1, 0).front().outcomes.implausible, 2);
  EXPECT_EQ(store.trials(1).front().implausible_set, "\x06");
  EXPECT_EQ(store.trials(1, 1).size(), 0U);
  EXPECT_NE(content_digest(dir.path()), content_digest(plain.path()));
  EXPECT_THAT(refusal([&] { Store::open(dir.path(), kManifest, with_rule("pairs 2>1")); }),
              HasSubstr("was begun with another meaning of 'critical'"));
  EXPECT_EQ(Store::open(dir.path(), kManifest, with_rule("pairs 1>2")).trials_on_disk(), 2U);
  test::rewrite_results(dir.path(), "UPDATE scenario SET rule = 'top 0'");
  EXPECT_THAT(refusal([&] { static_cast<void>(Store::open_existing(dir.path()).tallies()); }),
              HasSubstr("'top 0' says of no image whether it is critical"));
}

TEST(Merge, CopiesEveryValueAsItIs) {
  const test::TempDir dir;
  auto manifest = kManifest;
  manifest["shard"] = "0/1";
  fill(dir.path() / "s", 20, manifest);
  test::rewrite_results(dir.path() / "s",
                        "UPDATE upset SET bit = 1.0 / 3 WHERE trial = 1;"
                        "UPDATE upset SET fate = 'a' || char(0) || 'b' WHERE trial = 2;"
                        "UPDATE upset SET fate = x'00ff00' WHERE trial = 3");
  EXPECT_EQ(merge_shards({dir.path() / "s"}, dir.path() / "m"), 40);
  EXPECT_EQ(content_digest(dir.path() / "m"), content_digest(dir.path() / "s"));
}

TEST(Integrity, CountsThatNoCampaignCanHaveAreRefused) {
  for (const auto* change :
       {"UPDATE scenario SET images = 0", "UPDATE scenario SET dose = 'upsets'",
        "UPDATE scenario SET dose = 'particles/cm2', faults = 0, dose_value = -1.0",
        "UPDATE scenario SET expected = 0.5", "UPDATE scenario SET trials = 9223372036854775807",
        "UPDATE baseline SET correct = 7", "UPDATE trial SET correct = -1 WHERE trial = 1",
        "UPDATE trial SET masked = masked + 1 WHERE trial = 0", "UPDATE trial SET hang = 0.5",
        "UPDATE trial SET critical_set = x'0000' WHERE trial = 1",
        "UPDATE trial SET correct_set = '?' WHERE trial = 1",
        "UPDATE baseline SET correct_set = x'0000'", "UPDATE trial SET weight = 0.5",
        "UPDATE trial SET scenario = 5 WHERE scenario = 1"}) {
    const test::TempDir dir;
    fill(dir.path(), 2);
    test::rewrite_results(dir.path(), change);
    EXPECT_THAT(refusal([&] { Store::open_existing(dir.path()); }),
                HasSubstr("says what no campaign can"))
        << change;
  }
}

TEST(ImageCounts, AreSumsOverTheTrialsThatAreThere) {
  const test::TempDir dir;
  fill(dir.path(), 5);
  auto store = Store::open(dir.path(), kManifest, scenarios());
  const auto all = store.image_counts(0);
  ASSERT_TRUE(all);
  EXPECT_THAT(all->fault_free, ElementsAre(1, 1, 1, 1, 1, 1));
  EXPECT_THAT(all->correct, ElementsAre(3, 5, 5, 5, 5, 2));
  EXPECT_THAT(all->critical, ElementsAre(0, 0, 0, 0, 0, 5));
  store.forget_from(0, 2);
  EXPECT_THAT(store.image_counts(0)->correct, ElementsAre(1, 2, 2, 2, 2, 1));
  EXPECT_THAT(store.image_counts(1)->correct, ElementsAre(3, 5, 5, 5, 5, 2));
  EXPECT_FALSE(store.image_counts(7));
}

// They follow from the scores, whose digest is in it: a build that does not keep them found the same.
TEST(ImageCounts, AreNoPartOfTheDigest) {
  const test::TempDir dir;
  fill(dir.path(), 5);
  const auto digest = content_digest(dir.path());
  test::rewrite_results(dir.path(), "UPDATE trial SET correct_set = x'', critical_set = x''");
  EXPECT_EQ(content_digest(dir.path()), digest);
}

TEST(ImageCounts, AreUnknownIfOneTrialDoesNotSayThem) {
  const test::TempDir dir;
  fill(dir.path(), 5);
  test::rewrite_results(dir.path(), "UPDATE trial SET critical_set = x'' WHERE trial = 3");
  EXPECT_FALSE(Store::open_existing(dir.path()).image_counts(0));
}

TEST(ImageCounts, OfOtherImagesThanCountedAreRefused) {
  const test::TempDir dir;
  fill(dir.path(), 5);
  test::rewrite_results(dir.path(), "UPDATE trial SET critical_set = x'21' WHERE trial = 3");
  auto store = Store::open_existing(dir.path());
  EXPECT_THAT(refusal([&] { static_cast<void>(store.image_counts(0)); }),
              HasSubstr("hold trials with other images than they count"));
}

}  // namespace
}  // namespace fluence
