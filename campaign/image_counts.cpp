#include "campaign/image_counts.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <numeric>

#include "base/error.hpp"
#include "campaign/outcome.hpp"

namespace fluence {
namespace {

// Adds the set in a column; false if there is none.
bool add(std::vector<int>& counts, const SQLite::Column& column) {
  const auto set = column.getString();
  if (set.size() != set_size(static_cast<int>(counts.size()))) {
    return false;
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    counts[i] += contains(set, i) ? 1 : 0;
  }
  return true;
}

std::int64_t sum(const std::vector<int>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

}  // namespace

std::optional<ImageCounts> image_counts(SQLite::Database& db, int scenario,
                                        const std::filesystem::path& folder) {
  SQLite::Statement baseline(db,
                             "SELECT images, b.correct, correct_set FROM scenario JOIN baseline b USING "
                             "(engine, network, images) WHERE id = ?");
  baseline.bind(1, scenario);
  if (!baseline.executeStep()) {
    return std::nullopt;
  }
  const std::vector<int> none(static_cast<std::size_t>(baseline.getColumn(0).getInt()));
  ImageCounts counts{none, none, none};
  std::int64_t correct = baseline.getColumn(1).getInt64();
  std::int64_t critical = 0;
  bool known = add(counts.fault_free, baseline.getColumn(2));
  SQLite::Statement trials(db,
                           "SELECT correct, critical, correct_set, critical_set FROM trial WHERE "
                           "scenario = ?");
  trials.bind(1, scenario);
  while (known && trials.executeStep()) {
    correct += trials.getColumn(0).getInt64();
    critical += trials.getColumn(1).getInt64();
    known = add(counts.correct, trials.getColumn(2)) && add(counts.critical, trials.getColumn(3));
  }
  if (!known) {
    return std::nullopt;
  }
  if (sum(counts.fault_free) + sum(counts.correct) != correct || sum(counts.critical) != critical) {
    throw InputError("the results in " + folder.string() +
                     " hold trials with other images than they count: name what 'fluence run' wrote");
  }
  return counts;
}

}  // namespace fluence
