#include "fault/campaign/store.hpp"

#include <SQLiteCpp/VariadicBind.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <limits>
#include <system_error>
#include <thread>

#include "fault/campaign/database.hpp"
#include "fault/campaign/provenance.hpp"
#include "network/error.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;

constexpr int kBusyMilliseconds = 5000;
constexpr auto kLockPatience = std::chrono::seconds(3);

// The lock ends with the process, however it ends. A killed campaign's workers may hold it for a moment
// longer, hence the patience.
int lock_folder(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    throw InputError("cannot open the results folder " + folder.string() + " (" +
                     std::generic_category().message(errno) + "): name another folder");
  }
  const auto give_up = std::chrono::steady_clock::now() + kLockPatience;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (std::chrono::steady_clock::now() > give_up) {
      ::close(fd);
      throw InputError("the results folder " + folder.string() +
                       " is being written by another campaign: wait for it or name another folder");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return fd;
}

// Returns whether it was not there before.
bool make_folder(const fs::path& folder) {
  std::error_code error;
  const bool made = fs::create_directories(folder, error);
  if (error || !fs::is_directory(folder)) {
    throw InputError("cannot make the results folder " + folder.string() + " (" +
                     (error ? error.message() : "it is a file") +
                     "): name a folder in a place that is writable");
  }
  return made;
}

}  // namespace

std::string first_difference(Manifest a, Manifest b) {
  for (auto* manifest : {&a, &b}) {
    std::erase_if(*manifest, [](const auto& entry) { return is_provenance(entry.first); });
  }
  for (const auto& [key, value] : a) {
    const auto it = b.find(key);
    if (it == b.end() || it->second != value) {
      return key;
    }
    b.erase(it);
  }
  return b.empty() ? "" : b.begin()->first;
}

struct Store::Impl {
  Impl(fs::path where, int flags)
      : folder(std::move(where)), db((folder / kResultsFile).string(), flags, kBusyMilliseconds) {}
  Impl(fs::path where, SQLite::Database opened) : folder(std::move(where)), db(std::move(opened)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (lock >= 0) {
      // Leaves one file, which can be read in a folder that is read-only. With a reader at work it stays
      // as it is, which is as good.
      static_cast<void>(db.tryExec("PRAGMA journal_mode = DELETE"));
      ::close(lock);
    }
  }

  [[noreturn]] void fail(const SQLite::Exception& e) const {
    throw InputError("cannot use " + (folder / kResultsFile).string() + " (" + e.what() +
                     "): make sure that it is a writable results file and that the disk has room, then "
                     "run the same command to resume");
  }
  void prepare(const Manifest& manifest, const std::vector<Scenario>& scenarios);
  void create(const Manifest& manifest, const std::vector<Scenario>& scenarios);
  void check_manifest(const Manifest& expected);
  void check_baseline(const TrialRecord& record);
  void insert(const TrialRecord& record);

  fs::path folder;
  int lock = -1;
  SQLite::Database db;
};

void Store::Impl::prepare(const Manifest& manifest, const std::vector<Scenario>& scenarios) {
  const int version = db.execAndGet("PRAGMA user_version").getInt();
  if (version == 0 && db.execAndGet("SELECT count(*) FROM sqlite_master").getInt() == 0) {
    create(manifest, scenarios);
  } else if (version != kSchemaVersion) {
    throw InputError((folder / kResultsFile).string() + " has schema version " +
                     std::to_string(version) + " where " + std::to_string(kSchemaVersion) +
                     " is known: name another folder with --out");
  }
  check_manifest(manifest);
}

void Store::Impl::create(const Manifest& manifest, const std::vector<Scenario>& scenarios) {
  SQLite::Transaction transaction(db);
  db.exec(kSchema);
  SQLite::Statement insert_manifest(db, "INSERT INTO manifest VALUES (?, ?)");
  for (const auto& [key, value] : manifest) {
    SQLite::bind(insert_manifest, key, value);
    insert_manifest.exec();
    insert_manifest.reset();
  }
  SQLite::Statement insert_scenario(db, "INSERT INTO scenario VALUES (?,?,?,?,?,?,?,?,?,?,?)");
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    const auto& s = scenarios[i];
    SQLite::bind(insert_scenario, static_cast<int>(i), std::string(to_string(s.engine)), s.net->name,
                 s.mode(), s.spaces(), s.layers(), s.recipe.faults, s.time(),
                 std::string(to_string(s.recipe.semantics)), s.recipe.images, s.trials);
    insert_scenario.exec();
    insert_scenario.reset();
  }
  db.exec("PRAGMA user_version = " + std::to_string(kSchemaVersion));
  transaction.commit();
}

void Store::Impl::check_manifest(const Manifest& expected) {
  Manifest stored;
  SQLite::Statement query(db, "SELECT key, value FROM manifest");
  while (query.executeStep()) {
    stored[query.getColumn(0).getString()] = query.getColumn(1).getString();
  }
  if (const auto key = first_difference(stored, expected); !key.empty()) {
    throw InputError("the results folder " + folder.string() + " belongs to another campaign (its " +
                     key + " differs): name another folder with --out");
  }
}

void Store::Impl::check_baseline(const TrialRecord& record) {
  SQLite::Statement add(db,
                        "INSERT INTO baseline SELECT engine, network, images, ?, ? FROM scenario "
                        "WHERE id = ? ON CONFLICT DO NOTHING");
  SQLite::bind(add, record.baseline.correct, record.baseline.digest, record.scenario);
  add.exec();
  SQLite::Statement query(db,
                          "SELECT b.digest FROM baseline b JOIN scenario s USING (engine, network, "
                          "images) WHERE s.id = ?");
  query.bind(1, record.scenario);
  if (!query.executeStep() || query.getColumn(0).getString() != record.baseline.digest) {
    throw InputError("the results in " + folder.string() +
                     " were made with other fault-free scores, by a build that computes differently: "
                     "name another folder with --out");
  }
}

void Store::Impl::insert(const TrialRecord& record) {
  const auto& o = record.outcomes;
  SQLite::Statement trial(db, "INSERT INTO trial VALUES (?,?,?,?,?,?,?,?,?,?)");
  SQLite::bind(trial, record.scenario, record.trial, o.correct, o.masked, o.tolerable, o.critical,
               o.hang, record.hang_stream, static_cast<std::int64_t>(record.cycles), o.digest);
  trial.exec();
  SQLite::Statement upset(db, "INSERT INTO upset VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)");
  for (std::size_t i = 0; i < record.upsets.size(); ++i) {
    const auto& fault = record.upsets[i];
    upset.bind(1, record.scenario);
    upset.bind(2, record.trial);
    upset.bind(3, static_cast<int>(i));
    if (fault.cycle) {
      upset.bind(4);  // NULL
      upset.bind(5, static_cast<std::int64_t>(*fault.cycle));
    } else {
      upset.bind(4, *fault.before_image);
      upset.bind(5);
    }
    upset.bind(6, std::string(to_string(fault.site.space)));
    upset.bind(7, fault.site.layer);
    upset.bind(8, fault.site.module);
    upset.bind(9, fault.site.index);
    upset.bind(10, fault.site.thresh);
    upset.bind(11, fault.site.bit);
    upset.bind(12, fault.word_size);
    upset.bind(13, std::string(to_string(record.fates.empty() ? Fate::unknown : record.fates[i])));
    upset.exec();
    upset.reset();
  }
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store::~Store() = default;

Store Store::open(const fs::path& folder, const Manifest& manifest,
                  const std::vector<Scenario>& scenarios) {
  const bool made_folder = make_folder(folder);
  const bool made_file = !fs::exists(folder / kResultsFile);
  std::unique_ptr<Impl> impl;
  try {
    impl = std::make_unique<Impl>(folder, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    impl->lock = lock_folder(folder);
    impl->db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    impl->prepare(manifest, scenarios);
    return Store(std::move(impl));
  } catch (const std::exception& e) {
    impl.reset();
    std::error_code ignored;
    if (made_file) {
      for (const auto* suffix : {"", "-wal", "-shm"}) {
        fs::remove(folder / (std::string(kResultsFile) + suffix), ignored);
      }
    }
    if (made_folder) {
      fs::remove(folder, ignored);
    }
    if (dynamic_cast<const SQLite::Exception*>(&e) != nullptr) {
      throw InputError("cannot write " + (folder / kResultsFile).string() + " (" + e.what() +
                       "): name a folder with --out that is writable, has room and holds no other file "
                       "of that name");
    }
    throw;
  }
}

Store Store::open_existing(const fs::path& folder) {
  return Store(std::make_unique<Impl>(folder, open_results(folder)));
}

std::set<std::pair<int, int>> Store::finished() try {
  std::set<std::pair<int, int>> result;
  SQLite::Statement query(impl_->db, "SELECT scenario, trial FROM trial");
  while (query.executeStep()) {
    result.emplace(query.getColumn(0).getInt(), query.getColumn(1).getInt());
  }
  return result;
} catch (const SQLite::Exception& e) {
  impl_->fail(e);
}

void Store::add(std::span<const TrialRecord> trials) try {
  SQLite::Transaction transaction(impl_->db);
  for (const auto& record : trials) {
    impl_->check_baseline(record);
    impl_->insert(record);
  }
  transaction.commit();
} catch (const SQLite::Exception& e) {
  impl_->fail(e);
}

void Store::end_scenario(int scenario, int trials) try {
  SQLite::Statement update(impl_->db, "UPDATE scenario SET trials = ? WHERE id = ?");
  SQLite::bind(update, trials, scenario);
  update.exec();
} catch (const SQLite::Exception& e) {
  impl_->fail(e);
}

std::string Store::scores_digest(int scenario, int trial) try {
  SQLite::Statement query(impl_->db, "SELECT scores_digest FROM trial WHERE scenario = ? AND trial = ?");
  query.bind(1, scenario);
  query.bind(2, trial);
  query.executeStep();
  return query.getColumn(0).getString();
} catch (const SQLite::Exception& e) {
  impl_->fail(e);
}

Manifest Store::manifest() try {
  Manifest result;
  SQLite::Statement query(impl_->db, "SELECT key, value FROM manifest");
  while (query.executeStep()) {
    result[query.getColumn(0).getString()] = query.getColumn(1).getString();
  }
  return result;
} catch (const SQLite::Exception& e) {
  impl_->fail(e);
}

std::vector<ScenarioTally> Store::tallies() try {
  SQLite::Statement query(impl_->db, R"sql(
    SELECT s.engine, s.network, s.mode, s.spaces, s.layers, s.time, s.semantics, s.faults, s.images,
           s.trials, count(t.trial), total(t.correct), total(t.correct * t.correct), min(t.correct),
           max(t.correct), total(t.masked), total(t.tolerable), total(t.critical), total(t.hang),
           coalesce(b.correct, -1)
    FROM scenario s LEFT JOIN trial t ON t.scenario = s.id
         LEFT JOIN baseline b USING (engine, network, images)
    GROUP BY s.id ORDER BY s.id)sql");
  std::vector<ScenarioTally> result;
  while (query.executeStep()) {
    const auto text = [&](int i) { return query.getColumn(i).getString(); };
    const auto number = [&](int i) { return query.getColumn(i).getInt(); };
    const auto sum = [&](int i) { return static_cast<std::int64_t>(query.getColumn(i).getInt64()); };
    ScenarioTally t;
    t.engine = text(0);
    t.network = text(1);
    t.mode = text(2);
    t.spaces = text(3);
    t.layers = text(4);
    t.time = text(5);
    t.semantics = text(6);
    t.faults = number(7);
    t.images = number(8);
    t.trials = number(9);
    t.done = number(10);
    t.correct = sum(11);
    t.correct_squares = sum(12);
    t.least_correct = sum(13);
    t.most_correct = sum(14);
    t.masked = sum(15);
    t.tolerable = sum(16);
    t.critical = sum(17);
    t.hang = sum(18);
    t.baseline_correct = number(19);
    result.push_back(std::move(t));
  }
  return result;
} catch (const SQLite::Exception& e) {
  impl_->fail(e);
}

std::vector<StoredTrial> Store::trials(int scenario) try {
  SQLite::Statement query(impl_->db,
                          "SELECT trial, correct, masked, tolerable, critical, hang, scores_digest FROM "
                          "trial WHERE scenario = ? ORDER BY trial");
  query.bind(1, scenario);
  std::vector<StoredTrial> result;
  while (query.executeStep()) {
    const auto number = [&](int i) { return query.getColumn(i).getInt(); };
    result.push_back(
        {number(0),
         {number(1), number(2), number(3), number(4), number(5), query.getColumn(6).getString()}});
  }
  return result;
} catch (const SQLite::Exception& e) {
  impl_->fail(e);
}

std::vector<StoredUpset> Store::upsets(int scenario, std::optional<int> trial) try {
  SQLite::Statement query(impl_->db,
                          "SELECT trial, before_image, cycle, space, layer, module, word, thresh, bit, "
                          "word_size, fate FROM upset WHERE scenario = ? AND trial BETWEEN ? AND ? "
                          "ORDER BY trial, number");
  query.bind(1, scenario);
  query.bind(2, trial.value_or(0));
  query.bind(3, trial.value_or(std::numeric_limits<int>::max()));
  std::vector<StoredUpset> result;
  while (query.executeStep()) {
    const auto number = [&](int i) { return query.getColumn(i).getInt(); };
    auto& upset = result.emplace_back();
    upset.trial = number(0);
    if (query.getColumn(1).isNull()) {
      upset.fault.cycle = static_cast<std::uint64_t>(query.getColumn(2).getInt64());
    } else {
      upset.fault.before_image = query.getColumn(1).getInt64();
    }
    upset.fault.site = {space_from_string(query.getColumn(3).getString()),
                        number(4),
                        number(5),
                        number(6),
                        number(7),
                        number(8)};
    upset.fault.word_size = number(9);
    upset.fate = fate_from_string(query.getColumn(10).getString());
  }
  return result;
} catch (const SQLite::Exception& e) {
  impl_->fail(e);
}

}  // namespace fluence
