// Digests over the rows of a campaign's results: what they say, and whether they are as they were
// written.
//
// A row's digest is taken over its values by name, in no order, and passes over a value that is its
// column's default. So a column that comes later changes nothing for rows that do not use it.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace fluence {

/// What a campaign found, as one number: a digest over scenarios, baselines, trials, their upsets, and
/// which trials could not be evaluated, in the order of the keys. It is equal for two folders if and
/// only if (but for chance) they hold the same results, whoever computed them: the manifest is no part
/// of it. 16 hex digits. Throws InputError if there are no results, or damaged ones.
std::string content_digest(const std::filesystem::path& folder);
/// The same of results that are open and known to be intact.
std::string content_digest(SQLite::Database& db);

/// Number of rows of each table and sum of their digests, as kept in the table `integrity`.
class Ledger {
 public:
  /// As the database has it.
  explicit Ledger(SQLite::Database& db);

  /// Takes in the rows that a table has got for trials, each a scenario and a number.
  void add(const std::string& table, const std::vector<std::pair<int, int>>& trials);
  /// Takes a table as it is now.
  void recount(const std::string& table);
  /// All tables, and writes.
  void recount_all();
  /// Into the database, in the caller's transaction.
  void write();

 private:
  struct Sum {
    std::int64_t rows = 0;
    std::uint64_t digest = 0;
    bool operator==(const Sum&) const = default;
  };
  friend std::vector<std::string> damages(SQLite::Database& db);
  [[nodiscard]] Sum sum(const std::string& table) const;

  SQLite::Database* db_;
  std::map<std::string, Sum> sums_;
};

/// What is wrong with a database of the present form, a phrase each; empty if nothing is. Every single
/// bit of a stored value counts, and counts that are impossible, whoever wrote them.
std::vector<std::string> damages(SQLite::Database& db);

/// Throws InputError naming the folder and the damages, if there are any.
void require_intact(SQLite::Database& db, const std::filesystem::path& folder);

}  // namespace fluence
