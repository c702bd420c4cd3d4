#include "analysis/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <utility>

namespace fluence {
namespace {

using Pick = std::function<bool(const ScenarioStatistics&)>;
// What a scenario is apart from the factor that is looked at.
using Key = std::function<std::string(const ScenarioStatistics&)>;

constexpr double kNegligibleLoss = 1;
constexpr double kDrasticLoss = 10;

// Mean loss of some scenarios and the variance of that mean.
struct Average {
  double loss = 0, variance = 0;
  int scenarios = 0;
  int trials = 0;
  bool single = false;  // a scenario has one trial only, so its variance is not known

  void add(const ScenarioStatistics& s) {
    loss += s.loss();
    variance += s.variance_of_mean();
    ++scenarios;
    trials += s.accuracy.count;
    single = single || s.accuracy.count < 2;
  }
  [[nodiscard]] double mean() const { return loss / scenarios; }
  [[nodiscard]] double variance_of_mean() const { return variance / scenarios / scenarios; }
};

Interval around(double value, double variance) {
  const double half = normal(kConfidence) * std::sqrt(variance);
  return {value - half, value + half};
}

void rank(std::vector<Rank>& ranks) {
  std::ranges::stable_sort(ranks, [](const Rank& a, const Rank& b) {
    return std::tie(a.network, a.space) != std::tie(b.network, b.space)
               ? std::tie(a.network, a.space) < std::tie(b.network, b.space)
               : a.loss > b.loss;
  });
}

void decide(Statement& s, double value, double variance, bool known) {
  s.value = value;
  s.interval = around(value, variance);
  s.verdict = !known                ? Verdict::undecided
              : s.interval.low > 0  ? Verdict::holds
              : s.interval.high < 0 ? Verdict::fails
                                    : Verdict::undecided;
}

// Loss of the first kind less that of the second, each mean over the scenarios of the kind that have a
// partner: the same but for the factor.
Statement contrast(const Study& study, Statement s, const Pick& first, const Pick& second,
                   const Key& key) {
  std::map<std::string, std::array<Average, 2>> pairs;
  for (const auto& scenario : study.scenarios) {
    if (first(scenario) || second(scenario)) {
      pairs[key(scenario)][first(scenario) ? 0 : 1].add(scenario);
    }
  }
  double difference = 0, variance = 0;
  int count = 0;
  bool known = true;
  for (const auto& [name, sides] : pairs) {
    if (sides[0].scenarios > 0 && sides[1].scenarios > 0) {
      difference += sides[0].mean() - sides[1].mean();
      variance += sides[0].variance_of_mean() + sides[1].variance_of_mean();
      known = known && !sides[0].single && !sides[1].single;
      ++count;
    }
  }
  if (count == 0) {
    s.note = "the campaign has no two scenarios that differ in this alone";
    return s;
  }
  decide(s, difference / count, variance / count / count, known);
  s.note = fmt::format("{} pair{}", count, count == 1 ? "" : "s");
  return s;
}

std::string key(const ScenarioStatistics& s, bool network, bool mode, bool spaces, bool layers) {
  return s.group + "|" + (network ? s.tally.network : "") + "|" + (mode ? s.tally.mode : "") + "|" +
         (spaces ? s.tally.spaces : "") + "|" + (layers ? s.tally.layers : "") + "|" +
         std::to_string(s.tally.faults);
}

Pick network_is(const std::string& name) {
  return [name](const auto& s) { return s.tally.network == name; };
}
Pick spaces_are(const std::string& name) {
  return [name](const auto& s) { return s.tally.spaces == name; };
}
Pick mode_is(const std::string& name) {
  return [name](const auto& s) { return s.tally.mode == name; };
}

// Scenarios that differ in the number of upsets alone, in its order.
using Series = std::vector<const ScenarioStatistics*>;

std::vector<Series> series_of(const Study& study) {
  std::map<std::string, Series> found;
  for (const auto& s : study.scenarios) {
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

Statement check_gradual(const Study& study, Statement s) {
  const auto all = series_of(study);
  if (all.empty()) {
    s.note = "the campaign has no two scenarios that differ in the number of upsets alone";
    return s;
  }
  double difference = 0;
  double variance = 0;
  int falls = 0;
  bool known = true;
  std::vector<double> steps;  // rise of the mean in standard errors
  for (const auto& series : all) {
    difference += series.back()->loss() - series.front()->loss();
    variance += series.back()->variance_of_mean() + series.front()->variance_of_mean();
    known = known && series.front()->accuracy.count > 1;
    for (std::size_t i = 1; i < series.size(); ++i) {
      known = known && series[i]->accuracy.count > 1;
      const double rise = series[i - 1]->loss() - series[i]->loss();
      const double squared = series[i]->variance_of_mean() + series[i - 1]->variance_of_mean();
      steps.push_back(squared > 0 ? rise / std::sqrt(squared) : 0);
      falls += rise < 0 ? 1 : 0;
    }
  }
  const double limit = normal(1 - (1 - kConfidence) / static_cast<double>(steps.size()));
  const auto rises = std::ranges::count_if(steps, [limit](double z) { return z > limit; });
  const auto n = static_cast<double>(all.size());
  decide(s, difference / n, variance / n / n, known);
  s.verdict = s.verdict == Verdict::holds && rises > 0 ? Verdict::fails : s.verdict;
  s.note = fmt::format("mean accuracy falls in {} of {} steps and rises significantly in {}", falls,
                       steps.size(), rises);
  return s;
}

Statement check_worst_case(const Study& study, Statement s) {
  const ScenarioStatistics* worst = nullptr;
  for (const auto& scenario : study.scenarios) {
    if (scenario.loss() < kNegligibleLoss &&
        (worst == nullptr || scenario.worst_loss() > worst->worst_loss())) {
      worst = &scenario;
    }
  }
  if (worst == nullptr) {
    s.note = "no scenario has a mean loss below one point";
    return s;
  }
  s.value = worst->worst_loss();
  s.interval = {s.value, s.value};
  s.verdict = s.value >= kDrasticLoss ? Verdict::holds : Verdict::undecided;
  const auto& t = worst->tally;
  s.note = fmt::format("{} {} {} layers {} x{}, mean loss {:.2f}; more trials can only find worse",
                       t.network, t.mode, t.spaces, t.layers, t.faults, worst->loss());
  return s;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  constexpr std::array<std::string_view, 4> kNames = {"holds", "fails", "undecided", "no data"};
  return kNames.at(static_cast<std::size_t>(verdict));
}

std::vector<Rank> rank_layers(const Study& study) {
  std::map<std::tuple<std::string, std::string, int>, Average> places;
  for (const auto& s : study.scenarios) {
    if (s.layer) {
      places[{s.tally.network, s.tally.spaces, *s.layer}].add(s);
    }
  }
  std::vector<Rank> ranks;
  for (const auto& [place, average] : places) {
    const auto& [network, space, layer] = place;
    ranks.push_back({network, space, layer, average.trials, average.mean(),
                     around(average.mean(), average.variance_of_mean())});
  }
  rank(ranks);
  return ranks;
}

std::vector<Rank> rank_bits(const Study& study, Store& store) {
  std::map<std::tuple<std::string, std::string, int>, std::vector<double>> places;
  for (const auto& s : study.scenarios) {
    if (s.tally.faults != 1 || s.tally.mode != "seu") {
      continue;
    }
    const auto& net = topology(s.tally.network);
    std::map<int, double> losses;
    for (const auto& trial : store.trials(s.id)) {
      losses[trial.trial] = s.fault_free - trial.outcomes.correct * 100.0 / s.tally.images;
    }
    for (const auto& upset : store.upsets(s.id)) {
      const auto& site = upset.fault.site;
      if (site.space != Space::weights && site.space != Space::thresholds) {
        continue;
      }
      const bool weight = site.space == Space::weights;
      const auto name = weight            ? std::string("weights")
                        : site.layer == 0 ? std::string("thresholds of layer 0")
                                          : std::string("thresholds");
      const int bit = weight ? site.bit % net.layer(site.layer).weight_bits : site.bit;
      if (const auto it = losses.find(upset.trial); it != losses.end()) {
        places[{net.name, name, bit}].push_back(it->second);
      }
    }
  }
  std::vector<Rank> ranks;
  for (auto& [place, losses] : places) {
    const auto d = describe(std::move(losses));
    const auto& [network, space, bit] = place;
    ranks.push_back({network, space, bit, d.count, d.mean, d.interval});
  }
  rank(ranks);
  return ranks;
}

std::vector<Statement> check_statements(const Study& study) {
  std::vector<Statement> all;
  all.push_back(contrast(study,
                         {"Fewer bits, more vulnerable",
                          "mean loss of cnvW1A1 less that of cnvW2A2, points",
                          0,
                          {},
                          Verdict::no_data,
                          {}},
                         network_is("cnvW1A1"), network_is("cnvW2A2"),
                         [](const auto& s) { return key(s, false, true, true, true); }));
  all.push_back(contrast(study,
                         {"Activation parameters are considerably vulnerable",
                          "mean loss by thresholds less that by weights, points",
                          0,
                          {},
                          Verdict::no_data,
                          {}},
                         spaces_are("thresholds"), spaces_are("weights"),
                         [](const auto& s) { return key(s, true, true, false, true); }));
  all.push_back(check_gradual(study, {"Accuracy falls gradually with accumulated faults",
                                      "mean loss with the most upsets less that with the fewest, points",
                                      0,
                                      {},
                                      Verdict::no_data,
                                      {}}));
  all.push_back(contrast(study,
                         {"Multi-bit upsets are worse than single-bit ones",
                          "mean loss by mbu less that by seu, points",
                          0,
                          {},
                          Verdict::no_data,
                          {}},
                         mode_is("mbu"), mode_is("seu"),
                         [](const auto& s) { return key(s, true, false, true, true); }));
  all.push_back(check_worst_case(
      study, {"A negligible mean hides drastic worst cases (published: 19.25 points, cnvW1A1, 100 mbu)",
              "loss of the worst trial among scenarios with a mean loss below 1 point; 10 is drastic",
              0,
              {},
              Verdict::no_data,
              {}}));
  all.push_back(contrast(
      study,
      {"The first five layers matter most",
       "mean loss by layers 0 to 4 less that by layers 5 to 8, points",
       0,
       {},
       Verdict::no_data,
       {}},
      [](const auto& s) { return s.layer && *s.layer < 5; },
      [](const auto& s) { return s.layer && *s.layer >= 5; },
      [](const auto& s) { return key(s, true, true, true, false); }));
  return all;
}

}  // namespace fluence
