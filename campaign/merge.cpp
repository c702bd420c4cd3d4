#include "campaign/merge.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "campaign/database.hpp"
#include "campaign/integrity.hpp"
#include "campaign/shard.hpp"
#include "campaign/store.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;

InputError damaged(const fs::path& folder, const std::string& why) {
  return InputError("the shard " + folder.string() + " is damaged (" + why +
                    "): remove the folder and run that shard again");
}

// Rows that a query gives. Those of a trial's tables come in the order of their keys, which start with
// scenario and trial.
class Cursor {
 public:
  Cursor(const SQLite::Database& db, const fs::path& folder, const std::string& query)
      : folder_(&folder), rows_(db, query) {
    next();
  }

  [[nodiscard]] bool at(int scenario, int trial) {
    return more_ && rows_.getColumn(0).getInt() == scenario && rows_.getColumn(1).getInt() == trial;
  }
  [[nodiscard]] bool more() const { return more_; }
  /// Inserts the row with a statement that has a parameter for each column, and goes on to the next.
  void copy(SQLite::Statement& insert) {
    for (int i = 0; i < rows_.getColumnCount(); ++i) {
      const auto value = rows_.getColumn(i);
      if (value.isNull()) {
        insert.bind(i + 1);
      } else if (value.isInteger()) {
        insert.bind(i + 1, value.getInt64());
      } else if (value.isFloat()) {
        insert.bind(i + 1, value.getDouble());
      } else if (value.isBlob()) {
        insert.bind(i + 1, value.getBytes() == 0 ? "" : value.getBlob(), value.getBytes());
      } else {
        insert.bind(i + 1, value.getString());
      }
    }
    insert.exec();
    insert.reset();
    next();
  }

 private:
  void next() try { more_ = rows_.executeStep(); } catch (const SQLite::Exception& e) {
    throw damaged(*folder_, e.what());
  }

  const fs::path* folder_;
  SQLite::Statement rows_;
  bool more_ = false;
};

struct Part {
  fs::path folder;
  Shard shard;
  Manifest manifest;  ///< without the shard
  std::vector<ScenarioTally> tallies;
  std::unique_ptr<SQLite::Database> db;
  std::unique_ptr<Cursor> trials, failures, upsets;
};

Part read_part(const fs::path& folder) {
  auto store = Store::open_existing(folder);
  Part part;
  part.folder = folder;
  try {
    part.manifest = store.manifest();
    part.tallies = store.tallies();
  } catch (const InputError&) {
    throw damaged(folder, "its database cannot be read");
  }
  const auto it = part.manifest.find("shard");
  if (it == part.manifest.end()) {
    throw InputError(folder.string() +
                     " holds no shard of a campaign: name folders that 'fluence run --shard' wrote");
  }
  part.shard = Shard::parse(it->second);
  part.manifest.erase(it);
  return part;
}

// Trials that are missing: 0 if it is finished.
std::int64_t missing(const Part& part) {
  std::int64_t first = 0;
  std::int64_t result = 0;
  for (const auto& tally : part.tallies) {
    result += part.shard.share(first, tally.trials) - tally.done - tally.failed;
    first += tally.trials;
  }
  return result;
}

void check_pair(const Part& one, const Part& other) {
  const auto both = one.folder.string() + " and " + other.folder.string();
  if (const auto key = first_difference(one.manifest, other.manifest); !key.empty()) {
    throw InputError(both + " are shards of different campaigns (" + key +
                     " differs): name the shards of one campaign");
  }
  if (!std::ranges::equal(one.tallies, other.tallies, {}, &ScenarioTally::rule, &ScenarioTally::rule)) {
    throw InputError(both +
                     " are shards with different meanings of 'critical': run both with parameters "
                     "that name the same classes");
  }
  if (one.shard.count != other.shard.count) {
    throw InputError(both + " are parts of different divisions (" + one.shard.text() + " and " +
                     other.shard.text() + "): name shards that were run with the same n");
  }
  if (one.shard.index == other.shard.index) {
    throw InputError(both + " are the same shard, " + one.shard.text() + ": name each once");
  }
}

// All shards of one campaign, by number.
std::vector<Part> read_parts(const std::vector<fs::path>& folders) {
  std::vector<Part> given;
  for (const auto& folder : folders) {
    given.push_back(read_part(folder));
    for (std::size_t i = 0; i + 1 < given.size(); ++i) {
      check_pair(given[i], given.back());
    }
  }
  const int count = given.front().shard.count;
  std::ranges::sort(given, {}, [](const Part& part) { return part.shard.index; });
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (at == given.size() || given[at].shard.index != i) {
      throw InputError("shard " + Shard{i, count}.text() + " of " + given.front().manifest["name"] +
                       " is missing: run it with --shard " + Shard{i, count}.text() +
                       ", or name its folder too");
    }
    if (const auto trials = missing(given[at]); trials != 0) {
      throw InputError("shard " + given[at].shard.text() + " in " + given[at].folder.string() +
                       " is unfinished (" + std::to_string(trials) +
                       " trials are missing): run the same command to resume it");
    }
  }
  return given;
}

// Two files a shard may be open at once: the database and its log.
void allow_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
  }
}

void open_cursors(Part& part) {
  part.db = std::make_unique<SQLite::Database>(open_results(part.folder));
  part.db->exec("PRAGMA cache_size = -64");  // many are open; each is read once, from front to back
  part.trials =
      std::make_unique<Cursor>(*part.db, part.folder, "SELECT * FROM trial ORDER BY scenario, trial");
  part.failures =
      std::make_unique<Cursor>(*part.db, part.folder, "SELECT * FROM failure ORDER BY scenario, trial");
  part.upsets = std::make_unique<Cursor>(*part.db, part.folder,
                                         "SELECT * FROM upset ORDER BY scenario, trial, number");
}

// The tables that all shards have in common.
void copy_heads(SQLite::Database& db, const Part& part) {
  const auto copy = [&](const std::string& query, const std::string& insert) {
    SQLite::Statement statement(db, "INSERT OR IGNORE INTO " + insert);
    for (Cursor rows(*part.db, part.folder, query); rows.more();) {
      rows.copy(statement);
    }
  };
  copy("SELECT * FROM manifest WHERE key <> 'shard'", "manifest VALUES (?,?)");
  copy("SELECT * FROM scenario", "scenario VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  copy("SELECT * FROM baseline", "baseline VALUES (?,?,?,?,?,?)");
  SQLite::Statement equal(
      db,
      "SELECT count(*) FROM baseline WHERE engine = ? AND network = ? AND images = ? "
      "AND correct = ? AND digest = ?");
  for (SQLite::Statement row(*part.db, "SELECT engine, network, images, correct, digest FROM baseline");
       row.executeStep();) {
    for (int i = 0; i < row.getColumnCount(); ++i) {
      equal.bind(i + 1, row.getColumn(i).getString());
    }
    equal.executeStep();
    if (equal.getColumn(0).getInt() != 1) {
      throw InputError("the shard " + part.folder.string() +
                       " was made with other fault-free scores than those before it, by a build that "
                       "computes differently: run all shards with one build");
    }
    equal.reset();
  }
}

// All tables are filled in the order of their keys.
std::int64_t copy_trials(SQLite::Database& db, std::vector<Part>& parts) {
  SQLite::Statement trial(db, "INSERT INTO trial VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  SQLite::Statement failure(db, "INSERT INTO failure VALUES (?,?,?)");
  SQLite::Statement upset(db, "INSERT INTO upset VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  std::int64_t number = 0;
  const auto tallies = parts.front().tallies;
  for (int s = 0; s < static_cast<int>(tallies.size()); ++s) {
    for (int k = 0; k < tallies[static_cast<std::size_t>(s)].trials; ++k, ++number) {
      auto& part = parts[static_cast<std::size_t>(number) % parts.size()];
      if (part.trials->at(s, k)) {
        part.trials->copy(trial);
      } else if (part.failures->at(s, k)) {
        part.failures->copy(failure);
      } else {
        throw damaged(part.folder, "trial " + std::to_string(k) + " of scenario " + std::to_string(s) +
                                       " is not in its place");
      }
      while (part.upsets->at(s, k)) {
        part.upsets->copy(upset);
      }
    }
  }
  for (const auto& part : parts) {
    if (part.trials->more() || part.failures->more() || part.upsets->more()) {
      throw damaged(part.folder, "it holds rows of other trials");
    }
  }
  return number;
}

std::int64_t write_merged(const fs::path& file, std::vector<Part>& parts) {
  SQLite::Database db(fs::absolute(file).string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  // Nobody else sees this file, and it is removed if anything fails: no journal is needed.
  db.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
  upgrade_results(db, file.parent_path());
  SQLite::Transaction transaction(db);
  for (auto& part : parts) {
    try {
      open_cursors(part);
      copy_heads(db, part);
    } catch (const SQLite::Exception& e) {
      throw damaged(part.folder, e.what());
    }
  }
  const auto trials = copy_trials(db, parts);
  Ledger(db).recount_all();
  transaction.commit();
  return trials;
}

// On disk before it gets its name.
void flush(const fs::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  const bool good = fd >= 0 && ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  if (!good) {
    throw fs::filesystem_error("cannot flush", file, std::error_code(error, std::generic_category()));
  }
}

}  // namespace

std::int64_t merge_shards(const std::vector<fs::path>& shards, const fs::path& out) {
  const auto file = out / kResultsFile;
  if (fs::exists(file)) {
    throw InputError(file.string() + " exists: name another folder with --out, or remove it");
  }
  auto parts = read_parts(shards);
  allow_open_files();
  const auto beside = fs::path(file.string() + ".part-" + std::to_string(::getpid()));
  bool made = false;
  std::error_code ignored;
  const auto clean = [&] {
    parts.clear();
    fs::remove(beside, ignored);
    if (made) {
      fs::remove(out, ignored);
    }
  };
  try {
    made = fs::create_directories(out);
    const auto trials = write_merged(beside, parts);
    flush(beside);
    fs::rename(beside, file);
    return trials;
  } catch (const InputError&) {
    clean();
    throw;
  } catch (const std::exception& e) {  // of the database or the file system
    clean();
    throw InputError("cannot merge into " + out.string() + " (" + e.what() +
                     "): name a folder with --out that is writable and has room, and shards that can "
                     "be read");
  }
}

std::vector<int> unfinished_shards(const fs::path& folder, int count) {
  std::vector<int> result;
  for (int i = 0; i < count; ++i) {
    const auto where = folder / Shard{i, count}.folder();
    if (!has_results(where) || missing(read_part(where)) != 0) {
      result.push_back(i);
    }
  }
  return result;
}

}  // namespace fluence
