// Results of earlier forms: read as they are, brought to the present one by a campaign that goes on.
#include <gmock/gmock.h>

#include <filesystem>

#include "base/error.hpp"
#include "campaign/database.hpp"
#include "campaign/integrity.hpp"
#include "campaign/store.hpp"
#include "tests/support/results.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// The results of the same campaign in schema version `version`.
void copy_version(int version, const fs::path& folder) {
  fs::copy_file(FLUENCE_SOURCE_DIR "/tests/campaign/version-" + std::to_string(version) + ".sqlite",
                folder / kResultsFile);
  fs::permissions(folder / kResultsFile, fs::perms::owner_all);
}

// A folder that version 0.1.0 wrote, of schema version 1.
class Version1 : public ::testing::Test {
 protected:
  Version1() { copy_version(1, dir.path()); }
  test::TempDir dir;
};

TEST_F(Version1, IsReadWithoutBeingTouched) {
  const auto before = fs::last_write_time(dir.path() / kResultsFile);
  auto store = Store::open_existing(dir.path());
  EXPECT_EQ(store.finished().size(), 48U);
  EXPECT_EQ(store.manifest().at("name"), "version-1");
  EXPECT_EQ(store.tallies().at(7).trials, 6);
  EXPECT_EQ(store.upsets(7, 5).size(), 5U);
  EXPECT_EQ(fs::last_write_time(dir.path() / kResultsFile), before);
}

TEST_F(Version1, IsUpgradedByACampaignThatGoesOn) {
  const auto digest = content_digest(dir.path());
  auto manifest = Store::open_existing(dir.path()).manifest();
  {
    auto store = Store::open(dir.path(), manifest, {});
    EXPECT_EQ(store.trials_on_disk(), 48U);
  }
  EXPECT_EQ(test::writable(dir.path()).execAndGet("PRAGMA user_version").getInt(), kSchemaVersion);
  EXPECT_EQ(content_digest(dir.path()), digest);
}

// A folder of schema version 2, without sets of images: the same campaign.
TEST_F(Version1, HasTheDigestOfVersion2) {
  const test::TempDir other;
  copy_version(2, other.path());
  const auto digest = content_digest(other.path());
  auto manifest = Store::open_existing(other.path()).manifest();
  EXPECT_EQ(manifest.at("name"), "version-2");
  EXPECT_FALSE(Store::open_existing(other.path()).image_counts(0));
  EXPECT_EQ(Store::open(other.path(), manifest, {}).trials_on_disk(), 48U);
  EXPECT_EQ(test::writable(other.path()).execAndGet("PRAGMA user_version").getInt(), kSchemaVersion);
  EXPECT_EQ(content_digest(other.path()), digest);
  EXPECT_EQ(content_digest(dir.path()), digest);
}

// A folder of schema version 4, without doses: the same campaign. A scenario without one is in the
// digest as it was.
TEST_F(Version1, HasTheDigestOfVersion4) {
  const test::TempDir other;
  copy_version(4, other.path());
  EXPECT_EQ(content_digest(other.path()), content_digest(dir.path()));
  auto read = Store::open_existing(other.path());
  EXPECT_TRUE(read.image_counts(0));
  EXPECT_EQ(read.tallies().at(1).amount(), "faults 5");
  EXPECT_EQ(Store::open(other.path(), read.manifest(), {}).trials_on_disk(), 48U);
  EXPECT_EQ(test::writable(other.path()).execAndGet("PRAGMA user_version").getInt(), kSchemaVersion);
  EXPECT_EQ(content_digest(other.path()), content_digest(dir.path()));
}

// A folder of schema version 5, without outcomes of the user's own: the same campaign.
TEST_F(Version1, HasTheDigestOfVersion5) {
  const test::TempDir other;
  copy_version(5, other.path());
  EXPECT_EQ(test::writable(other.path()).execAndGet("PRAGMA user_version").getInt(), 5);
  EXPECT_EQ(content_digest(other.path()), content_digest(dir.path()));
  auto read = Store::open_existing(other.path());
  EXPECT_EQ(read.tallies().at(1).rule, OutcomeRule());
  EXPECT_EQ(read.trials(0).front().outcomes.implausible, 0);
  EXPECT_EQ(Store::open(other.path(), read.manifest(), {}).trials_on_disk(), 48U);
  EXPECT_EQ(test::writable(other.path()).execAndGet("PRAGMA user_version").getInt(), kSchemaVersion);
  EXPECT_EQ(content_digest(other.path()), content_digest(dir.path()));
}

// A folder of schema version 6, without draws by maps: the same campaign.
TEST_F(Version1, HasTheDigestOfVersion6) {
  const test::TempDir other;
  copy_version(6, other.path());
  EXPECT_EQ(content_digest(other.path()), content_digest(dir.path()));
  auto read = Store::open_existing(other.path());
  EXPECT_EQ(read.tallies().at(1).draw, "");
  EXPECT_EQ(read.trials(1).at(0).weight, 1);
  EXPECT_EQ(Store::open(other.path(), read.manifest(), {}).trials_on_disk(), 48U);
  EXPECT_EQ(test::writable(other.path()).execAndGet("PRAGMA user_version").getInt(), kSchemaVersion);
  EXPECT_EQ(content_digest(other.path()), content_digest(dir.path()));
}

// Its specification as older builds kept it: whole numbers in the digits of the file.
TEST_F(Version1, SpecificationsAreComparedByMeaning) {
  const auto manifest = Store::open_existing(dir.path()).manifest();
  test::writable(dir.path())
      .exec("UPDATE manifest SET value = replace(value, '6', '0x6') WHERE key = 'spec'");
  EXPECT_EQ(Store::open_existing(dir.path()).manifest(), manifest);
  EXPECT_EQ(Store::open(dir.path(), manifest, {}).trials_on_disk(), 48U);
  auto other = manifest;
  auto& spec = other["spec"];
  spec.replace(spec.find('6'), 1, "8");
  EXPECT_THAT([&] { Store::open(dir.path(), other, {}); },
              ThrowsMessage<InputError>(HasSubstr("(its spec differs)")));
}

}  // namespace
}  // namespace fluence
