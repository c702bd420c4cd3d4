// The database behind a store, for what reads and writes it row by row.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>

namespace fluence {

inline constexpr int kSchemaVersion = 1;
inline constexpr auto kResultsFile = "results.sqlite";
/// CREATE statements of every table; docs/results.md says what they hold.
extern const char* const kSchema;

/// Opens the results in `folder` for reading. Throws InputError if there are none of this version.
SQLite::Database open_results(const std::filesystem::path& folder);

}  // namespace fluence
