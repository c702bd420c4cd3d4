#include "campaign/scenario_tally.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <optional>
#include <utility>

namespace fluence {

OutcomeRule stored_rule(const std::string& critical, const std::string& plausible,
                        std::int64_t watchdog) {
  return {CriticalRule::parse(critical),
          plausible.empty() ? std::nullopt : std::optional(ScoreRange::parse(plausible)),
          static_cast<std::uint64_t>(watchdog)};
}

std::string ScenarioTally::amount() const {
  return dose.empty() ? fmt::format("faults {}", faults) : fmt::format("dose {} {}", dose_value, dose);
}

std::vector<ScenarioTally> scenario_tallies(SQLite::Database& db) {
  SQLite::Statement query(db, R"sql(
    SELECT s.engine, s.network, s.mode, s.spaces, s.layers, s.time, s.semantics, s.faults, s.images,
           s.trials, count(t.trial), total(t.correct), total(t.correct * t.correct), min(t.correct),
           max(t.correct), total(t.masked), total(t.tolerable), total(t.critical), total(t.hang),
           coalesce(b.correct, -1),
           (SELECT count(*) FROM failure f WHERE f.scenario = s.id),
           s.dose, s.dose_value, s.expected, s.rule, s.plausible, s.watchdog, s.draw,
           s.reload
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
    t.failed = number(20);
    t.dose = text(21);
    t.dose_value = query.getColumn(22).getDouble();
    t.expected = query.getColumn(23).getDouble();
    t.rule = stored_rule(text(24), text(25), query.getColumn(26).getInt64());
    t.draw = text(27);
    t.reload = number(28);
    result.push_back(std::move(t));
  }
  return result;
}

}  // namespace fluence
