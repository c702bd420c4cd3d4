#include "study/experiment.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <stdexcept>

namespace fluence {
namespace {

using Members = std::vector<const ScenarioStatistics*>;

Cell cell(const ScenarioStatistics& s, bool by_layer, double first, bool single_trials) {
  Cell c;
  const double domain = s.tally.spaces == "weights" ? 0 : 1;
  c.x = {static_cast<double>(s.quantisation), first + (s.tally.mode == "seu" ? 0 : 1),
         by_layer ? s.layer.value() + 1 : first + domain, static_cast<double>(s.tally.faults)};
  c.mean = s.accuracy.mean;
  if (single_trials) {
    c.count = s.accuracy.count;
    c.squares = s.variance_of_mean() * s.accuracy.count * (s.accuracy.count - 1);
  }
  return c;
}

Fit fit_one(const Members& members, const PublishedExperiment& published, double first,
            bool single_trials) {
  std::vector<Cell> cells;
  for (const auto* s : members) {
    cells.push_back(cell(*s, published.third_factor == "layer", first, single_trials));
  }
  Fit result;
  result.coding = first == 1 ? "1/2" : "0/1";
  result.response = single_trials ? "trials" : "means";
  result.regression = fit(cells);
  double squares = 0;
  for (std::size_t t = 0; t < kTerms; ++t) {
    result.deviations[t] = deviation(result.regression.terms[t], published.terms[t]);
    squares += result.deviations[t] * result.deviations[t];
  }
  result.distance = std::sqrt(squares / kTerms);
  return result;
}

Experiment fit_all(const Members& members, const PublishedExperiment& published) {
  Experiment experiment{&published, members.front()->group, {}, {}, {}, 0};
  if (members.size() != published.grid.size()) {
    experiment.reason = fmt::format("{} of the {} scenarios of {} have finished trials", members.size(),
                                    published.grid.size(), published.table);
    return experiment;
  }
  for (const auto* s : members) {
    experiment.scenarios.push_back(s->id);
  }
  try {
    for (const bool single_trials : {false, true}) {
      for (const double first : {1.0, 0.0}) {
        experiment.fits.push_back(fit_one(members, published, first, single_trials));
      }
    }
    experiment.closest = experiment.fits[0].distance <= experiment.fits[1].distance ? 0 : 1;
  } catch (const std::domain_error& e) {
    experiment.fits.clear();
    experiment.reason = e.what();
  }
  return experiment;
}

// Empty if the campaign has the study's models of all networks in the grid.
std::string other_models(const CampaignStatistics& campaign, const PublishedStudy& study,
                         const StudyGrid& grid) {
  for (const auto& network : grid.networks) {
    const auto params = campaign.manifest.find("params " + network);
    const auto& published = study.models.at(network);
    if (params == campaign.manifest.end() || params->second != published) {
      return "the campaign's " + network + " is not the study's model (parameters " +
             (params == campaign.manifest.end() ? "unknown" : params->second) + ", the study's " +
             published + ")";
    }
  }
  return "";
}

}  // namespace

std::vector<Experiment> find_experiments(const CampaignStatistics& campaign,
                                         const PublishedStudy& study) {
  std::vector<Experiment> found;
  for (const auto& published : study.experiments) {
    std::map<std::string, Members> groups;
    for (const auto& s : campaign.scenarios) {
      if (published.grid.holds(s.tally)) {
        groups[s.group].push_back(&s);
      }
    }
    const auto reason = groups.empty() ? "no finished trials in the scenarios of " + published.table
                                       : other_models(campaign, study, published.grid);
    if (!reason.empty()) {
      found.push_back({&published, {}, {}, {}, reason, 0});
      continue;
    }
    for (const auto& [name, members] : groups) {
      found.push_back(fit_all(members, published));
    }
  }
  return found;
}

}  // namespace fluence
