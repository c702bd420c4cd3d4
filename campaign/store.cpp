#include "campaign/store.hpp"

#include <SQLiteCpp/VariadicBind.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.hpp"
#include "campaign/database.hpp"
#include "campaign/image_counts.hpp"
#include "campaign/integrity.hpp"
#include "campaign/provenance.hpp"
#include "campaign/results_folder.hpp"
#include "campaign/spec.hpp"
#include "campaign/stored_networks.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;

Manifest read_manifest(SQLite::Database& db) {
  Manifest manifest;
  SQLite::Statement query(db, "SELECT key, value FROM manifest");
  while (query.executeStep()) {
    manifest[query.getColumn(0).getString()] = query.getColumn(1).getString();
  }
  if (const auto spec = manifest.find("spec"); spec != manifest.end()) {
    spec->second = Spec::in_one_form(spec->second);
  }
  return manifest;
}

void bind_blob(SQLite::Statement& statement, int index, const std::string& bytes) {
  statement.bind(index, bytes.data(), static_cast<int>(bytes.size()));
}

// A scenario's trials, or one of them.
void bind_trials(SQLite::Statement& query, int scenario, std::optional<int> trial) {
  query.bind(1, scenario);
  query.bind(2, trial.value_or(0));
  query.bind(3, trial.value_or(std::numeric_limits<int>::max()));
}

}  // namespace

struct Store::Impl {
  Impl(fs::path where, int flags)
      : folder(std::move(where)), db(results_path(folder), flags, kBusyMilliseconds) {}
  Impl(fs::path where, SQLite::Database opened) : folder(std::move(where)), db(std::move(opened)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (own) {
      // Leaves one file, which can be read in a folder that is read-only. With a reader at work it stays
      // as it is, which is as good.
      static_cast<void>(db.tryExec("PRAGMA journal_mode = DELETE"));
    }
  }

  [[noreturn]] void fail(const SQLite::Exception& e) const {
    throw InputError("cannot use " + (folder / kResultsFile).string() + " (" + e.what() +
                     "): make sure that it is a writable results file and that the disk has room, then "
                     "run the same command to resume");
  }
  void create(const Manifest& manifest, const std::vector<Scenario>& scenarios);
  void check_campaign(const Manifest& expected, const std::vector<Scenario>& scenarios);
  void check_baseline(const TrialRecord& record);
  void insert(const TrialRecord& record);
  void insert_upsets(int scenario, int trial, const std::vector<Fault>& upsets,
                     const std::vector<Fate>& fates);

  fs::path folder;
  std::unique_ptr<ResultsFolder> own;  ///< of a campaign that writes
  SQLite::Database db;
};

void Store::Impl::create(const Manifest& manifest, const std::vector<Scenario>& scenarios) {
  SQLite::Transaction transaction(db);
  SQLite::Statement insert_manifest(db, "INSERT INTO manifest VALUES (?, ?)");
  for (const auto& [key, value] : manifest) {
    SQLite::bind(insert_manifest, key, value);
    insert_manifest.exec();
    insert_manifest.reset();
  }
  SQLite::Statement insert_scenario(
      db, "INSERT INTO scenario VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    const auto& s = scenarios[i];
    SQLite::bind(insert_scenario, static_cast<int>(i), std::string(to_string(s.engine)), s.net->name,
                 s.mode(), s.spaces(), s.layers(), s.draw_plan.faults, s.time(),
                 std::string(to_string(s.draw_plan.semantics)), s.draw_plan.images, s.trials,
                 s.dose ? std::string(to_string(s.dose->unit)) : "", s.dose ? s.dose->value : 0.0,
                 s.dose ? s.expected : 0.0, s.rule.critical.text(),
                 s.rule.plausible ? s.rule.plausible->text() : "",
                 static_cast<std::int64_t>(s.rule.watchdog), s.draw, s.draw_plan.reload);
    insert_scenario.exec();
    insert_scenario.reset();
  }
  Ledger(db).recount_all();
  transaction.commit();
}

void Store::Impl::check_campaign(const Manifest& expected, const std::vector<Scenario>& scenarios) {
  const auto stored = read_manifest(db);
  require_own_rtl(stored, folder.string());
  if (const auto key = first_difference(stored, expected); !key.empty()) {
    throw InputError("the results folder " + folder.string() + " belongs to another campaign (its " +
                     key + " differs): name another folder with --out");
  }
  // A name of a class may have become that of another one.
  SQLite::Statement rules(db, "SELECT rule, plausible, watchdog FROM scenario ORDER BY id");
  for (const auto& scenario : scenarios) {
    if (rules.executeStep() &&
        stored_rule(rules.getColumn(0).getString(), rules.getColumn(1).getString(),
                    rules.getColumn(2).getInt64()) != scenario.rule) {
      throw InputError("the results folder " + folder.string() +
                       " was begun with another meaning of 'critical' (its classes have other names): "
                       "name another folder with --out");
    }
  }
}

void Store::Impl::check_baseline(const TrialRecord& record) {
  SQLite::Statement add(db,
                        "INSERT INTO baseline SELECT engine, network, images, ?, ?, ? FROM scenario "
                        "WHERE id = ? ON CONFLICT DO NOTHING");
  add.bind(1, record.baseline.correct);
  add.bind(2, record.baseline.digest);
  bind_blob(add, 3, record.baseline.correct_set);
  add.bind(4, record.scenario);
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
  SQLite::Statement trial(db, "INSERT INTO trial VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  SQLite::bind(trial, record.scenario, record.trial, o.correct, o.masked, o.tolerable, o.critical,
               o.hang, record.hang_stream, static_cast<std::int64_t>(record.cycles), o.digest);
  bind_blob(trial, 11, record.sets.correct);
  bind_blob(trial, 12, record.sets.critical);
  trial.bind(13, o.implausible);
  bind_blob(trial, 14, record.sets.implausible);
  trial.bind(15, record.weight);
  trial.exec();
  insert_upsets(record.scenario, record.trial, record.upsets, record.fates);
}

void Store::Impl::insert_upsets(int scenario, int trial, const std::vector<Fault>& upsets,
                                const std::vector<Fate>& fates) {
  SQLite::Statement upset(db, "INSERT INTO upset VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  for (std::size_t i = 0; i < upsets.size(); ++i) {
    const auto& fault = upsets[i];
    upset.bind(1, scenario);
    upset.bind(2, trial);
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
    upset.bind(13, std::string(to_string(fates.empty() ? Fate::unknown : fates[i])));
    upset.bind(14, fault.site.copy);
    upset.exec();
    upset.reset();
  }
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store::~Store() = default;

Store Store::open(const fs::path& folder, const Manifest& manifest,
                  const std::vector<Scenario>& scenarios) {
  auto own = std::make_unique<ResultsFolder>(folder);
  try {
    auto impl = std::make_unique<Impl>(folder, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    const bool begun = is_begun(impl->db);
    upgrade_results(impl->db, folder);
    impl->db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    if (!begun) {
      impl->create(manifest, scenarios);
    } else {
      require_intact(impl->db, folder);
      know_networks(read_manifest(impl->db), folder.string());
      impl->check_campaign(manifest, scenarios);
    }
    own->keep();
    impl->own = std::move(own);
    return Store(std::move(impl));
  } catch (const SQLite::Exception& e) {
    throw InputError("cannot write " + (folder / kResultsFile).string() + " (" + e.what() +
                     "): name a folder with --out that is writable, has room and holds no other file "
                     "of that name");
  }
}

Store Store::open_existing(const fs::path& folder) {
  auto db = open_results(folder);
  require_intact(db, folder);
  know_networks(read_manifest(db), folder.string());
  return Store(std::make_unique<Impl>(folder, std::move(db)));
}

std::string Store::content_digest() try {
  return fluence::content_digest(impl_->db);
} catch (const SQLite::Exception& e) {
  impl_->fail(e);
}

std::set<std::pair<int, int>> Store::finished() try {
  std::set<std::pair<int, int>> result;
  SQLite::Statement query(impl_->db,
                          "SELECT scenario, trial FROM trial UNION ALL "
                          "SELECT scenario, trial FROM failure");
  while (query.executeStep()) {
    result.emplace(query.getColumn(0).getInt(), query.getColumn(1).getInt());
  }
  return result;
} catch (const SQLite::Exception& e) {
  impl_->fail(e);
}

void Store::add(std::span<const TrialRecord> trials) try {
  SQLite::Transaction transaction(impl_->db);
  std::vector<std::pair<int, int>> added;
  for (const auto& record : trials) {
    impl_->check_baseline(record);
    impl_->insert(record);
    added.emplace_back(record.scenario, record.trial);
  }
  Ledger ledger(impl_->db);
  ledger.add("trial", added);
  ledger.add("upset", added);
  ledger.recount("baseline");
  ledger.write();
  transaction.commit();
} catch (const SQLite::Exception& e) {
  impl_->fail(e);
}

void Store::add_failed(const FailedTrial& trial) try {
  SQLite::Transaction transaction(impl_->db);
  SQLite::Statement failure(impl_->db, "INSERT INTO failure VALUES (?, ?, ?)");
  SQLite::bind(failure, trial.scenario, trial.trial, trial.reason);
  failure.exec();
  impl_->insert_upsets(trial.scenario, trial.trial, trial.upsets, {});
  Ledger ledger(impl_->db);
  ledger.add("failure", {{trial.scenario, trial.trial}});
  ledger.add("upset", {{trial.scenario, trial.trial}});
  ledger.write();
  transaction.commit();
} catch (const SQLite::Exception& e) {
  impl_->fail(e);
}

std::vector<FailedTrial> Store::failed() try {
  SQLite::Statement query(impl_->db,
                          "SELECT scenario, trial, reason FROM failure ORDER BY scenario, trial");
  std::vector<FailedTrial> result;
  while (query.executeStep()) {
    FailedTrial trial{
        query.getColumn(0).getInt(), query.getColumn(1).getInt(), query.getColumn(2).getString(), {}};
    for (const auto& upset : upsets(trial.scenario, trial.trial)) {
      trial.upsets.push_back(upset.fault);
    }
    result.push_back(std::move(trial));
  }
  return result;
} catch (const SQLite::Exception& e) {
  impl_->fail(e);
}

void Store::forget_failed() try {
  SQLite::Transaction transaction(impl_->db);
  impl_->db.exec(
      "DELETE FROM upset WHERE (scenario, trial) IN (SELECT scenario, trial FROM failure);"
      "DELETE FROM failure");
  Ledger ledger(impl_->db);
  ledger.recount("upset");
  ledger.recount("failure");
  ledger.write();
  transaction.commit();
} catch (const SQLite::Exception& e) {
  impl_->fail(e);
}

void Store::forget_from(int scenario, int from) try {
  SQLite::Transaction transaction(impl_->db);
  Ledger ledger(impl_->db);
  for (const std::string table : {"trial", "failure", "upset"}) {
    SQLite::Statement remove(impl_->db, "DELETE FROM " + table + " WHERE scenario = ? AND trial >= ?");
    SQLite::bind(remove, scenario, from);
    remove.exec();
    ledger.recount(table);
  }
  ledger.write();
  transaction.commit();
} catch (const SQLite::Exception& e) {
  impl_->fail(e);
}

std::size_t Store::trials_on_disk() {
  const auto file = impl_->folder / kResultsFile;
  const auto count = [](SQLite::Database& db) {
    return static_cast<std::size_t>(
        db.execAndGet("SELECT (SELECT count(*) FROM trial) + (SELECT count(*) FROM failure)")
            .getInt64());
  };
  try {
    SQLite::Database fresh(results_path(impl_->folder), SQLite::OPEN_READONLY, kBusyMilliseconds);
    const auto found = count(fresh);
    int moved = 0;
    ::sqlite3_file_control(impl_->db.getHandle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    if (moved == 0 && found == count(impl_->db)) {
      return found;
    }
  } catch (const SQLite::Exception&) {
    // Said below.
  }
  throw InputError(
      file.string() +
      " was removed or replaced while the campaign ran, and its results are lost: leave the "
      "folder alone and run the same command again");
}

void Store::end_scenario(int scenario, int trials) try {
  SQLite::Transaction transaction(impl_->db);
  SQLite::Statement update(impl_->db, "UPDATE scenario SET trials = ? WHERE id = ?");
  SQLite::bind(update, trials, scenario);
  update.exec();
  Ledger ledger(impl_->db);
  ledger.recount("scenario");
  ledger.write();
  transaction.commit();
} catch (const SQLite::Exception& e) {
  impl_->fail(e);
}

Manifest Store::manifest() try { return read_manifest(impl_->db); } catch (const SQLite::Exception& e) {
  impl_->fail(e);
}

std::vector<ScenarioTally> Store::tallies() try {
  return scenario_tallies(impl_->db);
} catch (const SQLite::Exception& e) {
  impl_->fail(e);
}

std::vector<StoredTrial> Store::trials(int scenario, std::optional<int> trial) try {
  SQLite::Statement query(
      impl_->db,
      "SELECT trial, correct, masked, tolerable, critical, hang, scores_digest, implausible, "
      "critical_set, implausible_set, correct_set, weight FROM trial WHERE scenario = ? AND trial "
      "BETWEEN ? AND ? "
      "ORDER BY trial");
  bind_trials(query, scenario, trial);
  std::vector<StoredTrial> result;
  while (query.executeStep()) {
    const auto number = [&](int i) { return query.getColumn(i).getInt(); };
    result.push_back({number(0),
                      {number(1), number(2), number(3), number(4), number(5),
                       query.getColumn(6).getString(), number(7)},
                      query.getColumn(8).getString(),
                      query.getColumn(9).getString(),
                      query.getColumn(10).getString(),
                      query.getColumn(11).getDouble()});
  }
  return result;
} catch (const SQLite::Exception& e) {
  impl_->fail(e);
}

std::optional<ImageCounts> Store::image_counts(int scenario) try {
  return fluence::image_counts(impl_->db, scenario, impl_->folder);
} catch (const SQLite::Exception& e) {
  impl_->fail(e);
}

std::vector<StoredUpset> Store::upsets(int scenario, std::optional<int> trial) try {
  SQLite::Statement named(impl_->db, "SELECT network, mode FROM scenario WHERE id = ?");
  named.bind(1, scenario);
  if (!named.executeStep()) {
    return {};
  }
  const auto& net = topology(named.getColumn(0).getString());
  const auto mode = mode_from_string(named.getColumn(1).getString());
  SQLite::Statement query(
      impl_->db,
      "SELECT trial, before_image, cycle, space, layer, module, word, thresh, bit, "
      "word_size, fate, copy FROM upset WHERE scenario = ? AND trial BETWEEN ? AND ? "
      "ORDER BY trial, number");
  bind_trials(query, scenario, trial);
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
                        number(8),
                        number(11)};
    upset.fault.word_size = number(9);
    upset.fault.kind = mode.kind;
    upset.fault.duration = mode.duration;
    upset.fate = fate_from_string(query.getColumn(10).getString());
    if (const int layer = upset.fault.site.layer; layer < 0 || layer >= std::ssize(net.layers)) {
      throw InputError("the results in " + impl_->folder.string() + " hold an upset in layer " +
                       std::to_string(layer) + ", which " + net.name +
                       " does not have: name what 'fluence run' wrote");
    }
  }
  return result;
} catch (const SQLite::Exception& e) {
  impl_->fail(e);
}

}  // namespace fluence
