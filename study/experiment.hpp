// A published experiment, found in a campaign and fitted with the published model.
#pragma once

#include <string>
#include <vector>

#include "analysis/campaign_statistics.hpp"
#include "study/published_study.hpp"

namespace fluence {

/// One fit of an experiment.
struct Fit {
  std::string coding;    ///< "1/2" or "0/1": the numbers of the two-valued factors X2 and X3
  std::string response;  ///< "means" (a scenario is an observation) or "trials"
  Regression regression;
  std::array<double, kTerms> deviations{};  ///< from the published table, see `deviation`
  double distance = 0;                      ///< root of their mean square
};

struct Experiment {
  const PublishedExperiment* published = nullptr;
  std::string group;           ///< of its scenarios
  std::vector<int> scenarios;  ///< ids, in the order of the cells
  std::vector<Fit> fits;       ///< empty: see `reason`
  std::string reason;          ///< why there is no fit, one sentence
  std::size_t closest = 0;     ///< of the fits on means, the one closest to the published table
};

/// Each experiment of the study at least once: for every group of scenarios that are its grid, on the
/// study's own models; or with a reason.
std::vector<Experiment> find_experiments(const CampaignStatistics& campaign,
                                         const PublishedStudy& study);

}  // namespace fluence
