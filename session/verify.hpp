// A sample of a campaign's trials, run on both engines and compared.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/agreement.hpp"
#include "campaign/spec.hpp"
#include "campaign/store.hpp"
#include "campaign/worker_pool.hpp"
#include "rtl/fate.hpp"
#include "session/compared.hpp"
#include "session/comparison_journal.hpp"
#include "session/session.hpp"

namespace fluence {

/// A trial to be compared.
struct Sampled {
  int scenario = 0;
  int trial = 0;
  // As stored:
  Outcomes outcomes{};
  std::vector<Fault> upsets{};
  std::vector<Fate> fates{};  ///< [upset]
};
/// "trial 3 of scenario 1"
std::string name(const Sampled& sampled);

struct Comparisons {
  std::vector<std::optional<Compared>> of;  ///< [sampled]; none: not done
  std::string failures;                     ///< a line for each that could not be
  PoolEnd end = PoolEnd::complete;
};

/// What a campaign was run with, for its trials to be run again.
struct StoredCampaign {
  Store store;
  Spec spec;  ///< as it was run, and its seed
  Session session;
};
/// `params`, `images`: empty: what the campaign's file says. Throws InputError if the results in
/// `folder` are damaged, or parameters, images or RTL are not theirs.
StoredCampaign open_campaign(const std::string& folder, const std::string& params,
                             const std::string& images);
/// So many finished trials of the fast engine. Throws InputError if there are fewer.
std::vector<Sampled> draw_sample(Store& store, const Spec& spec, int count, std::uint64_t seed,
                                 const std::string& folder);

struct VerifyPlan {
  int jobs = 1;
  double limit = 0;                                   ///< seconds of both runs of a trial; 0: any time
  std::function<void(std::int64_t finished)> tick{};  ///< several times a second
  ComparisonJournal* journal = nullptr;               ///< what it holds is not compared again
};
/// What a journal knows the trials by.
std::vector<std::string> asked(const std::vector<Sampled>& sample);
/// Has workers answer each task with the text of a `Compared`.
Comparisons compare_in_pool(const std::vector<Task>& tasks, std::size_t count, const VerifyPlan& plan,
                            const std::function<std::unique_ptr<TaskRunner>(int group)>& start,
                            const std::function<std::string(int index)>& name);
Comparisons run_both(const Spec& spec, const std::vector<Sampled>& sample, const Session& session,
                     const VerifyPlan& plan);

/// What was compared of a scenario.
struct ComparedScenario {
  int trials = 0, fates = 0, equal = 0;
};
/// The comparisons added up: by scenario, and all as they are kept beside the results
/// (analysis/agreement.hpp).
struct Verified {
  std::map<int, ComparedScenario> scenarios;
  Agreement agreement;
};
Verified add_up(const Spec& spec, const std::vector<Sampled>& sample, const Comparisons& compared,
                std::uint64_t seed);

}  // namespace fluence
