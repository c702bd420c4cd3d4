// The database behind a store, for what reads and writes it row by row.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <string>

namespace fluence {

/// The form of results that this build writes; docs/results.md says what it holds. Older ones are read.
inline constexpr int kSchemaVersion = 7;
inline constexpr auto kResultsFile = "results.sqlite";
inline constexpr int kBusyMilliseconds = 5000;  ///< how long another process's lock is waited for

/// The name by which SQLite opens the results in `folder`, whatever characters are in it.
std::string results_path(const std::filesystem::path& folder);

/// Opens the results in `folder` for reading, in the present form: those of an older version are read
/// into memory and upgraded there. Throws InputError if there are none, or none that this build reads:
/// tables must be exactly those that a campaign makes, and nothing else may be there.
SQLite::Database open_results(const std::filesystem::path& folder);

/// Whether a campaign has begun in a database: a new one gets its tables in one transaction, and what a
/// campaign begins with in the next. True, too, if it is of another kind.
bool is_begun(SQLite::Database& db);

/// Whether there are results in `folder`. A campaign that was killed in its first moments leaves a
/// database without tables, or with empty ones: that is none.
bool has_results(const std::filesystem::path& folder);

/// Brings a database, be it empty or of an older version, to the present form in one transaction. Throws
/// InputError, leaving it alone, if it is of a newer version, has other tables or is no results at all.
void upgrade_results(SQLite::Database& db, const std::filesystem::path& folder);

}  // namespace fluence
