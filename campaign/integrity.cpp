#include "campaign/integrity.hpp"

#include <array>
#include <bit>
#include <utility>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "campaign/database.hpp"

namespace fluence {
namespace {

constexpr std::array kGuardedTables = {"manifest", "scenario", "baseline", "trial", "upset", "failure"};

// Rows that no campaign writes, by table: sums over what they say would not be within 64 bits, or divide
// by nothing. Bounds are those of a specification.
struct Rule {
  const char* table;
  const char* wrong_rows;
};
constexpr std::array kRules = {
    Rule{"scenario",
         "SELECT 1 FROM scenario WHERE NOT (typeof(images) = 'integer' AND images BETWEEN 1 AND 1000000 "
         "AND typeof(trials) = 'integer' AND trials BETWEEN 0 AND 1000000 "
         "AND typeof(faults) = 'integer' AND faults BETWEEN 0 AND 1000000000 "
         "AND typeof(watchdog) = 'integer' AND watchdog BETWEEN 0 AND 1000000000 "
         "AND typeof(reload) = 'integer' AND reload BETWEEN 0 AND 1000000 "
         "AND typeof(dose_value) = 'real' AND dose_value BETWEEN 0 AND 1e30 "
         "AND typeof(expected) = 'real' AND expected BETWEEN 0 AND 1e15 "
         "AND (dose IN ('upsets/bit/image', 'upsets/bit/second', 'particles/cm2') AND faults = 0 "
         "OR dose = '' AND dose_value = 0 AND expected = 0))"},
    Rule{"baseline",
         "SELECT 1 FROM baseline WHERE NOT (typeof(correct) = 'integer' "
         "AND correct BETWEEN 0 AND images AND typeof(correct_set) = 'blob' "
         "AND length(correct_set) IN (0, (images + 7) / 8))"},
    Rule{
        "trial",
        "SELECT 1 FROM trial t LEFT JOIN scenario s ON s.id = t.scenario WHERE s.id IS NULL OR NOT ("
        "typeof(correct) = 'integer' AND correct BETWEEN 0 AND images "
        "AND typeof(masked) = 'integer' AND masked BETWEEN 0 AND images "
        "AND typeof(tolerable) = 'integer' AND tolerable BETWEEN 0 AND images "
        "AND typeof(critical) = 'integer' AND critical BETWEEN 0 AND images "
        "AND typeof(hang) = 'integer' AND hang BETWEEN 0 AND images "
        "AND masked + tolerable + critical + hang = images "
        "AND typeof(implausible) = 'integer' AND implausible BETWEEN 0 AND images - hang "
        "AND typeof(correct_set) = 'blob' AND length(correct_set) IN (0, (images + 7) / 8) "
        "AND typeof(critical_set) = 'blob' AND length(critical_set) IN (0, (images + 7) / 8) "
        "AND typeof(implausible_set) = 'blob' "
        "AND length(implausible_set) IN (0, (images + 7) / 8) "
        "AND typeof(weight) = 'real' AND weight > 0 AND weight <= CASE draw WHEN '' THEN 1 ELSE 100 END "
        "AND (draw <> '' OR weight = 1))"}};

// What a campaign says: which columns, in which order. A failure's reason is not the campaign's. Sets of
// images follow from scores, whose digest is here.
struct Content {
  const char* table;
  const char* columns;
  const char* key;
};
constexpr std::array kContent = {
    Content{"scenario", "*", "id"},
    Content{"baseline", "engine, network, images, correct, digest", "engine, network, images"},
    Content{"trial",
            "scenario, trial, correct, masked, tolerable, critical, hang, hang_stream, cycles, "
            "scores_digest, implausible, weight",
            "scenario, trial"},
    Content{"upset", "*", "scenario, trial, number"},
    Content{"failure", "scenario, trial", "scenario, trial"}};

// Kind and length go before a value, so that no two run together to the same bytes.
std::uint64_t value_digest(std::uint64_t name, const SQLite::Column& value) {
  Digest digest;
  digest.add(name);
  digest.add(static_cast<std::uint64_t>(value.getType()));
  if (value.isInteger()) {
    digest.add(static_cast<std::uint64_t>(value.getInt64()));
  } else if (value.isFloat()) {
    digest.add(std::bit_cast<std::uint64_t>(value.getDouble()));
  } else if (!value.isNull()) {
    const std::string_view bytes(static_cast<const char*>(value.getBlob()),
                                 static_cast<std::size_t>(value.getBytes()));
    digest.add(static_cast<std::uint64_t>(bytes.size()));
    digest.add(bytes);
  }
  return digest.value();
}

// Rows of one table that a query gives, each with its digest.
class DigestedRows {
 public:
  DigestedRows(const SQLite::Database& db, const std::string& table, const std::string& query)
      : rows_(db, query) {
    std::map<std::string, std::string> defaults;
    for (SQLite::Statement info(db, "PRAGMA table_info(" + table + ")"); info.executeStep();) {
      if (!info.getColumn(4).isNull()) {
        defaults[info.getColumn(1).getString()] = info.getColumn(4).getString();
      }
    }
    for (int i = 0; i < rows_.getColumnCount(); ++i) {
      const std::string name = rows_.getColumnName(i);
      Digest digest;
      digest.add(name);
      Named column{digest.value()};
      if (const auto it = defaults.find(name); it != defaults.end()) {
        SQLite::Statement fallback(db, "SELECT " + it->second);
        fallback.executeStep();
        column.has_default = true;
        column.unused = value_digest(column.name, fallback.getColumn(0));
      }
      columns_.push_back(column);
    }
  }

  SQLite::Statement& statement() { return rows_; }
  bool next() { return rows_.executeStep(); }
  [[nodiscard]] std::uint64_t digest() {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto& column = columns_[i];
      const auto value = value_digest(column.name, rows_.getColumn(static_cast<int>(i)));
      sum += column.has_default && value == column.unused ? 0 : value;
    }
    return sum;
  }

 private:
  struct Named {
    std::uint64_t name;
    bool has_default = false;
    std::uint64_t unused = 0;  ///< of the default
  };
  SQLite::Statement rows_;
  std::vector<Named> columns_;
};

}  // namespace

std::string content_digest(const std::filesystem::path& folder) {
  auto db = open_results(folder);
  require_intact(db, folder);
  return content_digest(db);
}

std::string content_digest(SQLite::Database& db) {
  Digest digest;
  for (const auto& [table, columns, key] : kContent) {
    DigestedRows rows(db, table,
                      std::string("SELECT ") + columns + " FROM " + table + " ORDER BY " + key);
    std::uint64_t count = 0;
    for (; rows.next(); ++count) {
      digest.add(rows.digest());
    }
    if (count > 0) {  // so that a table that comes later changes nothing where it is not used
      digest.add(std::string_view(table));
      digest.add(count);
    }
  }
  return digest.hex();
}

Ledger::Ledger(SQLite::Database& db) : db_(&db) {
  for (SQLite::Statement rows(db, "SELECT name, rows, digest FROM integrity"); rows.executeStep();) {
    sums_[rows.getColumn(0).getString()] = {rows.getColumn(1).getInt64(),
                                            static_cast<std::uint64_t>(rows.getColumn(2).getInt64())};
  }
}

Ledger::Sum Ledger::sum(const std::string& table) const {
  Sum sum;
  DigestedRows rows(*db_, table, "SELECT * FROM " + table);
  for (; rows.next(); ++sum.rows) {
    sum.digest += rows.digest();
  }
  return sum;
}

// One query for all: a campaign stores thousands of trials a second.
void Ledger::add(const std::string& table, const std::vector<std::pair<int, int>>& trials) {
  auto& sum = sums_[table];
  DigestedRows rows(*db_, table, "SELECT * FROM " + table + " WHERE scenario = ? AND trial = ?");
  for (const auto& [scenario, trial] : trials) {
    rows.statement().bind(1, scenario);
    rows.statement().bind(2, trial);
    for (; rows.next(); ++sum.rows) {
      sum.digest += rows.digest();
    }
    rows.statement().reset();
  }
}

void Ledger::recount(const std::string& table) { sums_[table] = sum(table); }

void Ledger::recount_all() {
  for (const auto* table : kGuardedTables) {
    recount(table);
  }
  write();
}

void Ledger::write() {
  SQLite::Statement row(*db_, "INSERT OR REPLACE INTO integrity VALUES (?, ?, ?)");
  for (const auto& [table, sum] : sums_) {
    row.bind(1, table);
    row.bind(2, sum.rows);
    row.bind(3, static_cast<std::int64_t>(sum.digest));
    row.exec();
    row.reset();
  }
}

std::vector<std::string> damages(SQLite::Database& db) {
  std::vector<std::string> found;
  try {
    SQLite::Transaction one_state(db);  // of a campaign that may be writing
    SQLite::Statement check(db, "PRAGMA quick_check(1)");
    check.executeStep();
    if (const std::string verdict = check.getColumn(0); verdict != "ok") {
      found.push_back(verdict);
      return found;
    }
    Ledger kept(db);
    for (const auto* table : kGuardedTables) {
      if (kept.sum(table) != kept.sums_[table]) {
        found.push_back(std::string("table ") + table + " is not as it was written");
      }
    }
    for (const auto& rule : kRules) {
      if (SQLite::Statement(db, rule.wrong_rows).executeStep()) {
        found.push_back(std::string("table ") + rule.table + " says what no campaign can");
      }
    }
  } catch (const SQLite::Exception& e) {
    found.emplace_back(e.what());
  }
  return found;
}

void require_intact(SQLite::Database& db, const std::filesystem::path& folder) {
  if (const auto found = damages(db); !found.empty()) {
    throw InputError("the results in " + folder.string() + " are damaged (" + found.front() +
                     "): restore the folder from a copy, or remove it and run that campaign or shard "
                     "again");
  }
}

}  // namespace fluence
