#include "campaign/image_counts.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>

#include "base/error.hpp"
#include "campaign/outcome.hpp"

namespace fluence {
namespace {

// Calls `found` for each image of the set in a column and counts them; false if there is none.
template <typename Found>
bool visit(const SQLite::Column& column, std::size_t images, std::int64_t& count, Found found) {
  const auto set = column.getString();
  if (set.size() != set_size(static_cast<int>(images))) {
    return false;
  }
  for (std::size_t i = 0; i < images; ++i) {
    if (contains(set, i)) {
      ++count;
      found(i);
    }
  }
  return true;
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
  const auto images = static_cast<std::size_t>(baseline.getColumn(0).getInt());
  const std::vector<double> none(images);
  ImageCounts counts{std::vector<int>(images), 0, 0, none, none, none, none};
  std::int64_t correct = baseline.getColumn(1).getInt64();  // as counted, less those of the sets
  std::int64_t critical = 0;
  std::int64_t found = 0;
  bool known =
      visit(baseline.getColumn(2), images, found, [&](std::size_t i) { counts.fault_free[i] = 1; });
  correct -= found;
  SQLite::Statement trials(db,
                           "SELECT correct, critical, correct_set, critical_set, weight FROM trial "
                           "WHERE scenario = ?");
  trials.bind(1, scenario);
  while (known && trials.executeStep()) {
    const double weight = trials.getColumn(4).getDouble();
    const double square = weight * weight;
    const auto add = [&](int column, std::vector<double>& sums, std::vector<double>& squares) {
      std::int64_t in_set = 0;
      known = known && visit(trials.getColumn(column), images, in_set, [&](std::size_t i) {
                sums[i] += weight;
                squares[i] += square;
              });
      return in_set;
    };
    counts.trials += weight;
    counts.trial_squares += square;
    correct += trials.getColumn(0).getInt64() - add(2, counts.correct, counts.correct_squares);
    critical += trials.getColumn(1).getInt64() - add(3, counts.critical, counts.critical_squares);
  }
  if (!known) {
    return std::nullopt;
  }
  if (correct != 0 || critical != 0) {
    throw InputError("the results in " + folder.string() +
                     " hold trials with other images than they count: name what 'fluence run' wrote");
  }
  return counts;
}

}  // namespace fluence
