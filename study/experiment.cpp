#include "study/experiment.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <stdexcept>
#include <utility>

namespace fluence {
namespace {

using Members = std::vector<const ScenarioStatistics*>;

// The numbers that stand for the first mode, the first space and the first layer.
struct Coding {
  double first = 1;
  double first_layer = 1;
};

Cell cell(const ScenarioStatistics& s, bool by_layer, const Coding& coding, bool single_trials) {
  Cell c;
  const double domain = s.tally.spaces == "weights" ? 0 : 1;
  c.x = {static_cast<double>(s.quantisation), coding.first + (s.tally.mode == "seu" ? 0 : 1),
         by_layer ? coding.first_layer + s.layer.value() : coding.first + domain,
         static_cast<double>(s.tally.faults)};
  c.mean = s.accuracy.mean;
  if (single_trials) {
    c.count = s.accuracy.count;
    c.squares = s.variance_of_mean * s.accuracy.count * (s.accuracy.count - 1);
  }
  return c;
}

Fit fit_one(const Members& members, const PublishedExperiment& published, const Coding& coding,
            bool single_trials) {
  const bool by_layer = published.third_factor == "layer";
  std::vector<Cell> cells;
  for (const auto* s : members) {
    cells.push_back(cell(*s, by_layer, coding, single_trials));
  }
  Fit result;
  result.coding = coding.first == 1 ? "1/2" : "0/1";
  result.coding += by_layer ? fmt::format(", layers from {:g}", coding.first_layer) : "";
  result.response = single_trials ? "trials" : "means";
  result.regression = fit(cells);
  result.comparison = compare_with(published, result.regression, cells);
  return result;
}

Experiment fit_all(const Members& members, const PublishedExperiment& published,
                   const StudyDesign& design) {
  Experiment experiment;
  experiment.published = &published;
  experiment.group = members.front()->group;
  experiment.design = design.name;
  if (members.size() != design.size()) {
    experiment.reason = fmt::format("{} of the {} scenarios of {} have finished trials", members.size(),
                                    design.size(), published.table);
    return experiment;
  }
  for (const auto* s : members) {
    experiment.scenarios.push_back(s->id);
  }
  std::vector<Coding> codings{{1, 1}, {0, 1}};
  if (published.third_factor == "layer") {
    codings.insert(codings.end(), {{1, 0}, {0, 0}});
  }
  try {
    for (const bool single_trials : {true, false}) {
      for (const auto& coding : codings) {
        experiment.fits.push_back(fit_one(members, published, coding, single_trials));
      }
    }
  } catch (const std::domain_error& e) {
    experiment.fits.clear();
    experiment.reason = e.what();
    return experiment;
  }
  for (std::size_t i = 1; i < codings.size(); ++i) {
    const auto misfit = [&](std::size_t k) { return experiment.fits[k].comparison.error_misfit; };
    experiment.closest = misfit(i) < misfit(experiment.closest) ? i : experiment.closest;
  }
  return experiment;
}

// Scenarios of each group that are of a design.
std::map<std::string, Members> groups_of(const CampaignStatistics& campaign, const StudyDesign& design) {
  std::map<std::string, Members> groups;
  for (const auto& s : campaign.scenarios) {
    if (design.holds(s.tally)) {
      groups[s.group].push_back(&s);
    }
  }
  return groups;
}

// Empty if the campaign has the study's models of all networks in the grid.
std::string other_models(const CampaignStatistics& campaign, const PublishedStudy& study,
                         const std::set<std::string>& networks) {
  for (const auto& network : networks) {
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
    // Of each group, the design of which it has the most.
    std::map<std::string, std::pair<const StudyDesign*, Members>> groups;
    std::set<std::string> networks;
    for (const auto& design : published.designs) {
      for (auto& [name, members] : groups_of(campaign, design)) {
        auto& best = groups[name];
        if (best.first == nullptr ||
            members.size() * best.first->size() > best.second.size() * design.size()) {
          best = {&design, std::move(members)};
        }
      }
      for (const auto& grid : design.grids) {
        networks.insert(grid.networks.begin(), grid.networks.end());
      }
    }
    const auto reason = groups.empty() ? "no finished trials in the scenarios of " + published.table
                                       : other_models(campaign, study, networks);
    if (!reason.empty()) {
      found.emplace_back().published = &published;
      found.back().reason = reason;
      continue;
    }
    for (const auto& [name, best] : groups) {
      found.push_back(fit_all(best.second, published, *best.first));
    }
  }
  return found;
}

}  // namespace fluence
