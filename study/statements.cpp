#include "study/statements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <stdexcept>
#include <utility>

#include "analysis/average_loss.hpp"

namespace fluence {
namespace {

void decide(Statement& s, double value, const Spread& spread) {
  s.value = value;
  s.interval = around(value, spread);
  s.verdict = !s.interval            ? Verdict::undecided
              : s.interval->low > 0  ? Verdict::holds
              : s.interval->high < 0 ? Verdict::fails
                                     : Verdict::undecided;
  if (!s.interval) {
    s.note += fmt::format("; some scenario has fewer than {} trials", kLeastTrials);
  }
}

// A scenario's setting of each factor.
std::map<std::string, std::string> settings(const ScenarioStatistics& s) {
  const auto& t = s.tally;
  return {{"network", t.network}, {"mode", t.mode}, {"space", t.spaces}, {"layers", t.layers}};
}

// Loss with the settings that are said to cost more, less that with the others, each mean over the
// scenarios that have a partner: the same but for the factor.
Statement check_contrast(const CampaignStatistics& campaign, Statement s) {
  const auto& published = *s.published;
  std::map<std::string, std::array<AverageLoss, 2>> pairs;
  for (const auto& scenario : campaign.scenarios) {
    auto others = settings(scenario);
    const auto own = others.at(published.factor);
    const bool more = published.more.contains(own);
    if (more || published.less.contains(own)) {
      others.erase(published.factor);
      auto key = scenario.group + "|" + std::to_string(scenario.tally.faults);
      for (const auto& [factor, setting] : others) {
        key += "|" + setting;
      }
      pairs[key][more ? 0 : 1].add(scenario);
    }
  }
  double difference = 0;
  int count = 0;
  Spread spread;
  for (const auto& [name, sides] : pairs) {
    if (sides[0].scenarios > 0 && sides[1].scenarios > 0) {
      difference += sides[0].mean() - sides[1].mean();
      spread.add(sides[0].spread());
      spread.add(sides[1].spread());
      ++count;
    }
  }
  if (count == 0) {
    s.note = "the campaign has no two scenarios that differ in this alone";
    return s;
  }
  Spread of_mean;
  of_mean.add(spread, 1.0 / count);
  s.note = fmt::format("{} pair{}", count, count == 1 ? "" : "s");
  decide(s, difference / count, of_mean);
  return s;
}

// Scenarios that differ in the number of upsets alone, in its order.
using Series = std::vector<const ScenarioStatistics*>;

std::vector<Series> series_of(const CampaignStatistics& campaign) {
  std::map<std::string, Series> found;
  for (const auto& s : campaign.scenarios) {
    const auto& t = s.tally;
    found[s.group + "|" + t.network + "|" + t.mode + "|" + t.spaces + "|" + t.layers].push_back(&s);
  }
  std::vector<Series> result;
  for (auto& [name, series] : found) {
    std::ranges::sort(series, {}, [](const auto* s) { return s->tally.faults; });
    if (series.size() > 1) {
      result.push_back(std::move(series));
    }
  }
  return result;
}

Statement check_gradual(const CampaignStatistics& campaign, Statement s) {
  const auto all = series_of(campaign);
  if (all.empty()) {
    s.note = "the campaign has no two scenarios that differ in the number of upsets alone";
    return s;
  }
  double difference = 0;
  Spread spread;
  int falls = 0;
  std::vector<double> steps;  // p of each, one-sided: that the mean does not rise
  for (const auto& series : all) {
    difference += series.back()->loss() - series.front()->loss();
    for (const auto* end : {series.front(), series.back()}) {
      spread.add(end->variance_of_mean(), end->accuracy.count);
    }
    for (std::size_t i = 1; i < series.size(); ++i) {
      const double rise = series[i - 1]->loss() - series[i]->loss();
      Spread step;
      step.add(series[i]->variance_of_mean(), series[i]->accuracy.count);
      step.add(series[i - 1]->variance_of_mean(), series[i - 1]->accuracy.count);
      spread.few = spread.few || step.few;
      steps.push_back(rise > 0 && step.variance > 0 && !step.few
                          ? student_p(rise / std::sqrt(step.variance), step.freedom()) / 2
                          : 1);
      falls += rise < 0 ? 1 : 0;
    }
  }
  const double level = (1 - kConfidence) / static_cast<double>(steps.size());
  const auto rises = std::ranges::count_if(steps, [level](double p) { return p < level; });
  const auto n = static_cast<double>(all.size());
  Spread of_mean;
  of_mean.add(spread, 1 / n);
  s.note = fmt::format("mean accuracy falls in {} of {} steps and rises significantly in {}", falls,
                       steps.size(), rises);
  decide(s, difference / n, of_mean);
  s.verdict = s.verdict == Verdict::holds && rises > 0 ? Verdict::fails : s.verdict;
  return s;
}

Statement check_worst_case(const CampaignStatistics& campaign, Statement s) {
  const ScenarioStatistics* worst = nullptr;
  for (const auto& scenario : campaign.scenarios) {
    if (scenario.loss() < s.published->negligible &&
        (worst == nullptr || scenario.worst_loss() > worst->worst_loss())) {
      worst = &scenario;
    }
  }
  if (worst == nullptr) {
    s.note = fmt::format("no scenario has a mean loss below {:g} points", s.published->negligible);
    return s;
  }
  s.value = worst->worst_loss();
  s.verdict = s.value >= s.published->drastic ? Verdict::holds : Verdict::undecided;
  const auto& t = worst->tally;
  s.note = fmt::format(
      "{} {} {} layers {} x{}, mean loss {:.2f}, the worst of {} trials; more can only find worse",
      t.network, t.mode, t.spaces, t.layers, t.faults, worst->loss(), worst->accuracy.count);
  return s;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  constexpr std::array<std::string_view, 4> kNames = {"holds", "fails", "undecided", "no data"};
  return kNames.at(static_cast<std::size_t>(verdict));
}

std::vector<Statement> check_statements(const CampaignStatistics& campaign,
                                        const PublishedStudy& study) {
  std::vector<Statement> all;
  for (const auto& published : study.statements) {
    Statement statement;
    statement.published = &published;
    if (published.test == "contrast") {
      all.push_back(check_contrast(campaign, statement));
    } else if (published.test == "gradual") {
      all.push_back(check_gradual(campaign, statement));
    } else {
      all.push_back(check_worst_case(campaign, statement));
    }
  }
  return all;
}

}  // namespace fluence
