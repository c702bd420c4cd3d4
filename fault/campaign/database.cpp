#include "fault/campaign/database.hpp"

#include <string>

#include "network/error.hpp"

namespace fluence {
namespace {

constexpr int kBusyMilliseconds = 5000;

}  // namespace

const char* const kSchema = R"sql(
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

SQLite::Database open_results(const std::filesystem::path& folder) {
  if (!std::filesystem::is_regular_file(folder / kResultsFile)) {
    throw InputError("there are no results in " + folder.string() + " (no " + kResultsFile +
                     "): name the folder that 'fluence run' wrote");
  }
  try {
    SQLite::Database db((folder / kResultsFile).string(), SQLite::OPEN_READONLY, kBusyMilliseconds);
    if (db.execAndGet("PRAGMA user_version").getInt() != kSchemaVersion) {
      throw InputError((folder / kResultsFile).string() +
                       " is no results file of this version: name the folder that 'fluence run' wrote");
    }
    return db;
  } catch (const SQLite::Exception& e) {
    throw InputError("cannot read " + (folder / kResultsFile).string() + " (" + e.what() +
                     "): name the folder that 'fluence run' wrote");
  }
}

}  // namespace fluence
