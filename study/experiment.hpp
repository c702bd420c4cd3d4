// A published experiment, found in a campaign and fitted with the published model.
#pragma once

#include <string>
#include <vector>

#include "analysis/campaign_statistics.hpp"
#include "study/comparison.hpp"
#include "study/published_study.hpp"

namespace fluence {

/// One fit of an experiment.
struct Fit {
  /// The numbers of X2 and of the two-valued X3: "1/2" or "0/1"; of a layer its first number is said
  /// too, "1/2, layers from 1".
  std::string coding;
  std::string response;  ///< "trials" (a trial is an observation) or "means" (a scenario is)
  Regression regression;
  Comparison comparison;
};

struct Experiment {
  const PublishedExperiment* published = nullptr;
  std::string group;           ///< of its scenarios
  std::string design;          ///< name of the one that it is
  std::vector<int> scenarios;  ///< ids, in the order of the cells
  std::vector<Fit> fits;       ///< those on trials first; empty: see `reason`
  std::string reason;          ///< why there is no fit, one sentence
  /// Of the fits on trials, the one whose standard errors are most like the published ones but for a
  /// factor, which does not depend on what was measured.
  std::size_t closest = 0;
};

/// Each experiment of the study at least once: for every group of scenarios that are one of its designs,
/// on the study's own models; or with a reason.
std::vector<Experiment> find_experiments(const CampaignStatistics& campaign,
                                         const PublishedStudy& study);

}  // namespace fluence
