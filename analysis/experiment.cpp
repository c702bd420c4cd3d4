#include "analysis/experiment.hpp"

#include <cmath>
#include <map>
#include <stdexcept>

namespace fluence {
namespace {

using Members = std::vector<const ScenarioStatistics*>;

bool of_the_study(const ScenarioStatistics& s) {
  return s.tally.network == "cnvW1A1" || s.tally.network == "cnvW2A2";
}

bool is_uniform(const ScenarioStatistics& s) {
  return of_the_study(s) && s.tally.layers == "all" &&
         (s.tally.spaces == "weights" || s.tally.spaces == "thresholds");
}

bool is_targeted(const ScenarioStatistics& s) {
  const auto& spaces = s.tally.spaces;
  const bool parameters = spaces == "weights" || spaces == "thresholds" ||
                          spaces == "weights+thresholds" || spaces == "thresholds+weights";
  return of_the_study(s) && s.layer.has_value() && parameters;
}

Cell cell(const ScenarioStatistics& s, bool targeted, double first, bool single_trials) {
  Cell c;
  const double domain = s.tally.spaces == "weights" ? 0 : 1;
  c.x = {static_cast<double>(s.quantisation), first + (s.tally.mode == "seu" ? 0 : 1),
         targeted ? *s.layer + 1 : first + domain, static_cast<double>(s.tally.faults)};
  c.mean = s.accuracy.mean;
  if (single_trials) {
    c.count = s.accuracy.count;
    c.squares = s.accuracy.deviation * s.accuracy.deviation * (s.accuracy.count - 1);
  }
  return c;
}

Fit fit_one(const Members& members, const Experiment& experiment, double first, bool single_trials) {
  std::vector<Cell> cells;
  for (const auto* s : members) {
    cells.push_back(cell(*s, experiment.name == "targeted", first, single_trials));
  }
  Fit result;
  result.coding = first == 1 ? "1/2" : "0/1";
  result.response = single_trials ? "trials" : "means";
  result.regression = fit(cells);
  double squares = 0;
  for (std::size_t t = 0; t < kTerms; ++t) {
    result.deviations[t] = deviation(result.regression.terms[t], experiment.published->terms[t]);
    squares += result.deviations[t] * result.deviations[t];
  }
  result.distance = std::sqrt(squares / kTerms);
  return result;
}

Experiment fit_all(const Members& members, Experiment experiment) {
  experiment.group = members.front()->group;
  for (const auto* s : members) {
    experiment.scenarios.push_back(s->id);
  }
  try {
    for (const bool single_trials : {false, true}) {
      for (const double first : {1.0, 0.0}) {
        experiment.fits.push_back(fit_one(members, experiment, first, single_trials));
      }
    }
    experiment.closest = experiment.fits[0].distance <= experiment.fits[1].distance ? 0 : 1;
  } catch (const std::domain_error& e) {
    experiment.fits.clear();
    experiment.reason = e.what();
  }
  return experiment;
}

void find(const Study& study, bool (*belongs)(const ScenarioStatistics&), const Experiment& kind,
          std::vector<Experiment>& found) {
  std::map<std::string, Members> groups;
  for (const auto& s : study.scenarios) {
    if (belongs(s)) {
      groups[s.group + (kind.name == "targeted" ? ", " + s.tally.spaces : "")].push_back(&s);
    }
  }
  for (const auto& [name, members] : groups) {
    found.push_back(fit_all(members, kind));
  }
  if (groups.empty()) {
    found.push_back(kind);
  }
}

}  // namespace

std::vector<Experiment> find_experiments(const Study& study) {
  std::vector<Experiment> found;
  Experiment uniform{&kTableI, "uniform", {}, {}, {}, {}, 0};
  uniform.reason =
      "no finished trials over all layers in the weights or thresholds of cnvW1A1 or cnvW2A2";
  find(study, is_uniform, uniform, found);
  Experiment targeted{&kTableII, "targeted", {}, {}, {}, {}, 0};
  targeted.reason =
      "no finished trials in the weights or thresholds of single layers of cnvW1A1 or cnvW2A2";
  find(study, is_targeted, targeted, found);
  return found;
}

}  // namespace fluence
