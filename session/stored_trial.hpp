// One trial of a campaign, to be run again.
#pragma once

#include <optional>
#include <string>

#include "campaign/store.hpp"
#include "fault/fault.hpp"
#include "network/topology.hpp"
#include "session/session.hpp"

namespace fluence {

struct TrialChoice {
  std::string folder, params, images;
  int scenario = 0;
  int trial = 0;
};

struct CampaignTrial {
  ScenarioTally tally;  ///< of its scenario
  std::optional<StoredTrial> stored;
  std::string failure;  ///< why it is not stored, but recorded as one that could not be evaluated
  FaultCase trial;
  const Topology* net;
  Session session;  ///< those of the campaign
};

/// Throws InputError if there is no such trial or the inputs are not those of the campaign.
CampaignTrial load_trial(const TrialChoice& choice);

}  // namespace fluence
