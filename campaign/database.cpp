#include "campaign/database.hpp"

#include <SQLiteCpp/Backup.h>
#include <unistd.h>

#include <array>
#include <map>

#include "base/error.hpp"
#include "base/escape.hpp"
#include "campaign/integrity.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;

constexpr auto kTables = R"sql(
CREATE TABLE manifest (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE scenario (
  id INTEGER PRIMARY KEY, engine TEXT NOT NULL, network TEXT NOT NULL, mode TEXT NOT NULL,
  spaces TEXT NOT NULL, layers TEXT NOT NULL, faults INTEGER NOT NULL, time TEXT NOT NULL,
  semantics TEXT NOT NULL, images INTEGER NOT NULL, trials INTEGER NOT NULL);
CREATE TABLE baseline (
  engine TEXT NOT NULL, network TEXT NOT NULL, images INTEGER NOT NULL,
  correct INTEGER NOT NULL, digest TEXT NOT NULL,
  PRIMARY KEY (engine, network, images)) WITHOUT ROWID;
CREATE TABLE trial (
  scenario INTEGER NOT NULL REFERENCES scenario (id), trial INTEGER NOT NULL,
  correct INTEGER NOT NULL, masked INTEGER NOT NULL, tolerable INTEGER NOT NULL,
  critical INTEGER NOT NULL, hang INTEGER NOT NULL, hang_stream TEXT NOT NULL,
  cycles INTEGER NOT NULL, scores_digest TEXT NOT NULL,
  PRIMARY KEY (scenario, trial)) WITHOUT ROWID;
CREATE TABLE upset (
  scenario INTEGER NOT NULL, trial INTEGER NOT NULL, number INTEGER NOT NULL,
  before_image INTEGER, cycle INTEGER, space TEXT NOT NULL, layer INTEGER NOT NULL,
  module INTEGER NOT NULL, word INTEGER NOT NULL, thresh INTEGER NOT NULL, bit INTEGER NOT NULL,
  word_size INTEGER NOT NULL, fate TEXT NOT NULL,
  PRIMARY KEY (scenario, trial, number)) WITHOUT ROWID;
)sql";

constexpr auto kFailuresAndIntegrity = R"sql(
CREATE TABLE failure (
  scenario INTEGER NOT NULL, trial INTEGER NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (scenario, trial)) WITHOUT ROWID;
CREATE TABLE integrity (name TEXT PRIMARY KEY, rows INTEGER NOT NULL, digest INTEGER NOT NULL)
  WITHOUT ROWID;
)sql";

// Memories that store several copies of a word.
constexpr auto kCopies = "ALTER TABLE upset ADD COLUMN copy INTEGER NOT NULL DEFAULT 0";

constexpr auto kSetsOfImages = R"sql(
ALTER TABLE baseline ADD COLUMN correct_set BLOB NOT NULL DEFAULT x'';
ALTER TABLE trial ADD COLUMN correct_set BLOB NOT NULL DEFAULT x'';
ALTER TABLE trial ADD COLUMN critical_set BLOB NOT NULL DEFAULT x'';
)sql";

// Scenarios whose trials have a dose in place of a number of faults: its unit, how much, and upsets of a
// trial on average.
constexpr auto kDoses = R"sql(
ALTER TABLE scenario ADD COLUMN dose TEXT NOT NULL DEFAULT '';
ALTER TABLE scenario ADD COLUMN dose_value REAL NOT NULL DEFAULT 0.0;
ALTER TABLE scenario ADD COLUMN expected REAL NOT NULL DEFAULT 0.0;
)sql";

// What an outcome is, and what a host could see of it.
constexpr auto kOutcomes = R"sql(
ALTER TABLE scenario ADD COLUMN rule TEXT NOT NULL DEFAULT 'class';
ALTER TABLE scenario ADD COLUMN plausible TEXT NOT NULL DEFAULT '';
ALTER TABLE scenario ADD COLUMN watchdog INTEGER NOT NULL DEFAULT 0;
ALTER TABLE trial ADD COLUMN implausible INTEGER NOT NULL DEFAULT 0;
ALTER TABLE trial ADD COLUMN implausible_set BLOB NOT NULL DEFAULT x'';
)sql";

// Scenarios whose trials are drawn by maps, and how much more likely such a trial is by a plain draw;
// and whose host writes all parameters anew.
constexpr auto kWeightsAndReloads = R"sql(
ALTER TABLE scenario ADD COLUMN draw TEXT NOT NULL DEFAULT '';
ALTER TABLE trial ADD COLUMN weight REAL NOT NULL DEFAULT 1.0;
ALTER TABLE scenario ADD COLUMN reload INTEGER NOT NULL DEFAULT 0;
)sql";

// Step k makes version k + 1 of version k. A step is never changed once it has landed: a column or a
// table that comes later is a further step, with a default for the rows that are there.
constexpr std::array kUpgrades = {kTables,   kFailuresAndIntegrity, kCopies, kSetsOfImages, kDoses,
                                  kOutcomes, kWeightsAndReloads};
static_assert(kUpgrades.size() == kSchemaVersion);
constexpr int kFirstWithIntegrity = 2;

int version_of(SQLite::Database& db) { return db.execAndGet("PRAGMA user_version").getInt(); }

bool has_tables(SQLite::Database& db) {
  return db.execAndGet("SELECT count(*) FROM sqlite_master").getInt() > 0;
}

// What a database is made of, but for what SQLite itself keeps there: "table 'trial'", and its SQL.
std::map<std::string, std::string> schema_of(SQLite::Database& db) {
  std::map<std::string, std::string> schema;
  SQLite::Statement query(db,
                          "SELECT type || ' ''' || name || '''', sql FROM sqlite_master WHERE sql IS "
                          "NOT NULL AND NOT (type = 'table' AND name LIKE 'sqlite~_stat_' ESCAPE '~')");
  while (query.executeStep()) {
    schema[query.getColumn(0).getString()] = query.getColumn(1).getString();
  }
  return schema;
}

// A view in a table's place, a trigger or an expression in a column would have whoever reads or resumes
// do what the file's maker likes, and without end.
void require_own_schema(SQLite::Database& db, int version, const fs::path& folder) {
  SQLite::Database fresh(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  for (int step = 0; step < version; ++step) {
    fresh.exec(kUpgrades[static_cast<std::size_t>(step)]);
  }
  const auto ours = schema_of(fresh);
  const auto theirs = schema_of(db);
  const auto fail = [&](const std::string& what) {
    throw InputError((folder / kResultsFile).string() + " " + what +
                     ": restore it from a copy, or name what 'fluence run' wrote");
  };
  for (const auto& [name, sql] : ours) {
    if (const auto it = theirs.find(name); it == theirs.end() || it->second != sql) {
      fail("has no " + name + " as a campaign makes it");
    }
  }
  for (const auto& [name, sql] : theirs) {
    if (!ours.contains(name)) {
      fail("holds the " + name + ", which no campaign makes");
    }
  }
}

// A file that nobody writes any more can be read where SQLite could not make the files that it keeps
// beside a database with a log. With a log of content beside it that would pass over what stands there.
bool is_at_rest(const fs::path& folder) {
  std::error_code error;
  const auto log = fs::file_size(folder / (std::string(kResultsFile) + "-wal"), error);
  return ::access(folder.c_str(), W_OK) != 0 && (error || log == 0);
}

SQLite::Database open_file(const fs::path& folder) {
  const auto path = results_path(folder);
  return is_at_rest(folder)
             ? SQLite::Database("file://" + link_to(path) + "?immutable=1",
                                SQLite::OPEN_READONLY | SQLite::OPEN_URI, kBusyMilliseconds)
             : SQLite::Database(path, SQLite::OPEN_READONLY, kBusyMilliseconds);
}

}  // namespace

std::string results_path(const fs::path& folder) { return fs::absolute(folder / kResultsFile).string(); }

bool is_begun(SQLite::Database& db) {
  for (const auto* table : {"manifest", "scenario", "trial", "upset"}) {
    if (!db.tableExists(table)) {
      return has_tables(db);  // of another kind, whoever opens it says so
    }
    if (db.execAndGet(std::string("SELECT EXISTS (SELECT 1 FROM ") + table + ")").getInt() != 0) {
      return true;
    }
  }
  return false;
}

bool has_results(const fs::path& folder) {
  if (!fs::is_regular_file(folder / kResultsFile)) {
    return false;
  }
  try {
    auto db = open_file(folder);
    return is_begun(db);
  } catch (const SQLite::Exception&) {
    return true;  // whoever opens them says what is wrong
  }
}

SQLite::Database open_results(const fs::path& folder) {
  if (!fs::is_regular_file(folder / kResultsFile)) {
    throw InputError("there are no results in " + folder.string() + " (no " + kResultsFile +
                     "): name the folder that 'fluence run' wrote");
  }
  try {
    auto db = open_file(folder);
    if (!is_begun(db)) {
      throw InputError(
          "there are no results in " + folder.string() +
          " yet: the campaign was stopped before its first, run the same command to resume");
    }
    if (version_of(db) == kSchemaVersion) {
      require_own_schema(db, kSchemaVersion, folder);
      return db;
    }
    SQLite::Database copy(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    SQLite::Backup(copy, db).executeStep();
    upgrade_results(copy, folder);
    return copy;
  } catch (const SQLite::Exception& e) {
    const bool log = fs::exists(folder / (std::string(kResultsFile) + "-wal"));
    throw InputError("cannot read " + (folder / kResultsFile).string() + " (" + e.what() + "): " +
                     (log && ::access(folder.c_str(), W_OK) != 0
                          ? "a campaign that was killed left its log there, copy the folder to a place "
                            "that is writable"
                          : "make sure that it is what 'fluence run' wrote, whole and readable"));
  }
}

void upgrade_results(SQLite::Database& db, const fs::path& folder) {
  const auto file = (folder / kResultsFile).string();
  const int version = version_of(db);
  if (version < 0 || version > kSchemaVersion) {
    throw InputError(file + " has schema version " + std::to_string(version) + " where " +
                     std::to_string(kSchemaVersion) +
                     " is the newest known: use the fluence that wrote it, or name another folder");
  }
  if (version == 0 && has_tables(db)) {
    throw InputError(file +
                     " is no results file: name another folder, or the one that 'fluence run' wrote");
  }
  require_own_schema(db, version, folder);
  if (version == kSchemaVersion) {
    return;
  }
  SQLite::Transaction transaction(db);
  for (int step = version; step < kSchemaVersion; ++step) {
    db.exec(kUpgrades[static_cast<std::size_t>(step)]);
  }
  if (version < kFirstWithIntegrity) {
    Ledger(db).recount_all();
  }
  db.exec("PRAGMA user_version = " + std::to_string(kSchemaVersion));
  transaction.commit();
}

}  // namespace fluence
