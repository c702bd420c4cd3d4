// A campaign's results as text, to compare them row for row.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <string>

#include "campaign/integrity.hpp"

namespace fluence::test {

/// Every row of every table that a campaign fills, in the order of the keys.
inline std::string dump_results(const std::filesystem::path& folder) {
  const SQLite::Database db((folder / "results.sqlite").string(), SQLite::OPEN_READONLY, 5000);
  std::string text;
  for (const auto* query : {"SELECT * FROM manifest ORDER BY key", "SELECT * FROM scenario ORDER BY id",
                            "SELECT * FROM baseline ORDER BY engine, network, images",
                            "SELECT * FROM trial ORDER BY scenario, trial",
                            "SELECT * FROM upset ORDER BY scenario, trial, number"}) {
    SQLite::Statement statement(db, query);
    while (statement.executeStep()) {
      for (int i = 0; i < statement.getColumnCount(); ++i) {
        text += statement.getColumn(i).getString() + "|";
      }
      text += "\n";
    }
  }
  return text;
}

/// The database of results, to be changed behind the store's back.
inline SQLite::Database writable(const std::filesystem::path& folder) {
  return {(folder / "results.sqlite").string(), SQLite::OPEN_READWRITE};
}

/// Changes results by SQL as a program would that knows of their digests.
inline void rewrite_results(const std::filesystem::path& folder, const std::string& sql) {
  auto db = writable(folder);
  db.exec(sql);
  Ledger(db).recount_all();
}

/// Trials in the results, 0 if there are no results yet.
inline int count_trials(const std::filesystem::path& folder) {
  try {
    const SQLite::Database db((folder / "results.sqlite").string(), SQLite::OPEN_READONLY, 5000);
    SQLite::Statement statement(db, "SELECT count(*) FROM trial");
    return statement.executeStep() ? statement.getColumn(0).getInt() : 0;
  } catch (const SQLite::Exception&) {
    return 0;
  }
}

}  // namespace fluence::test
