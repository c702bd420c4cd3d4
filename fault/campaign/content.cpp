#include "fault/campaign/content.hpp"

#include <array>

#include "fault/campaign/database.hpp"
#include "network/digest.hpp"
#include "network/error.hpp"

namespace fluence {
namespace {

constexpr std::array kQueries = {"SELECT * FROM manifest WHERE key <> 'version' ORDER BY key",
                                 "SELECT * FROM scenario ORDER BY id",
                                 "SELECT * FROM baseline ORDER BY engine, network, images",
                                 "SELECT * FROM trial ORDER BY scenario, trial",
                                 "SELECT * FROM upset ORDER BY scenario, trial, number"};

// Kind and length go before a value, so that no two rows run together to the same bytes.
void add(Digest& digest, const SQLite::Column& value) {
  digest.add(static_cast<std::uint64_t>(value.getType()));
  if (value.isInteger()) {
    digest.add(static_cast<std::uint64_t>(value.getInt64()));
  } else if (!value.isNull()) {
    const auto text = value.getString();
    digest.add(static_cast<std::uint64_t>(text.size()));
    digest.add(text);
  }
}

}  // namespace

std::string content_digest(const std::filesystem::path& folder) {
  const auto db = open_results(folder);
  try {
    Digest digest;
    for (const auto* query : kQueries) {
      SQLite::Statement rows(db, query);
      std::uint64_t count = 0;
      for (; rows.executeStep(); ++count) {
        for (int i = 0; i < rows.getColumnCount(); ++i) {
          add(digest, rows.getColumn(i));
        }
      }
      digest.add(count);
    }
    return digest.hex();
  } catch (const SQLite::Exception& e) {
    throw InputError("cannot read " + (folder / kResultsFile).string() + " (" + e.what() +
                     "): it is damaged, remove it and run that campaign or shard again");
  }
}

}  // namespace fluence
