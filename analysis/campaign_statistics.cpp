#include "analysis/campaign_statistics.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.hpp"
#include "campaign/spec.hpp"

namespace fluence {
namespace {

std::optional<int> one_layer(const std::string& text) {
  int layer = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, layer);
  return error == std::errc() && rest == end ? std::optional(layer) : std::nullopt;
}

// The scenarios as the specification states them, which the results keep. Results of a version with
// another grammar still have all else.
std::vector<Scenario> stated(const Manifest& manifest) {
  const auto it = manifest.find("spec");
  if (it == manifest.end()) {
    return {};
  }
  try {
    return Spec::parse(it->second, "spec").scenarios;
  } catch (const InputError&) {
    return {};
  }
}

ScenarioStatistics statistics(int id, const ScenarioTally& tally, const std::vector<StoredTrial>& trials,
                              double tolerance) {
  ScenarioStatistics s;
  s.id = id;
  s.tally = tally;
  s.group = summarize(tally).group;
  s.quantisation = topology(tally.network).layers.back().weight_bits;
  s.layer = one_layer(tally.layers);
  const double per_image = 100.0 / tally.images;
  s.fault_free = tally.baseline_correct * per_image;
  std::vector<double> accuracies;
  std::vector<int> masked, tolerable, critical, hang;
  int within = 0;
  for (const auto& [trial, outcomes] : trials) {
    accuracies.push_back(outcomes.correct * per_image);
    masked.push_back(outcomes.masked);
    tolerable.push_back(outcomes.tolerable);
    critical.push_back(outcomes.critical);
    hang.push_back(outcomes.hang);
    // Whole images, so that rounding decides nothing.
    const int away = std::abs(outcomes.correct - tally.baseline_correct);
    within += away <= tolerance / per_image + 1e-9 ? 1 : 0;
  }
  s.accuracy = describe(accuracies);
  s.worst_trial =
      trials[static_cast<std::size_t>(std::ranges::min_element(accuracies) - accuracies.begin())].trial;
  s.masked = clustered_share(masked, tally.images);
  s.tolerable = clustered_share(tolerable, tally.images);
  s.critical = clustered_share(critical, tally.images);
  s.hang = clustered_share(hang, tally.images);
  const auto n = static_cast<double>(trials.size());
  s.tolerant = within / n;
  if (std::ssize(trials) >= kLeastTrials) {
    s.tolerant_interval = wilson(s.tolerant, n);
  }
  return s;
}

void compare_recorded(ScenarioStatistics& s, const std::vector<StoredTrial>& trials) {
  for (const double accuracy : s.recorded) {
    const auto below = std::ranges::count_if(trials, [&](const auto& t) {
      return t.outcomes.correct * 100.0 / s.tally.images <= accuracy + 1e-9;
    });
    s.recorded_quantile.push_back(static_cast<double>(below) / static_cast<double>(trials.size()));
  }
}

}  // namespace

CampaignStatistics read_campaign(Store& store, double tolerance) {
  CampaignStatistics campaign;
  campaign.manifest = store.manifest();
  const auto spec = stated(campaign.manifest);
  int id = 0;
  for (const auto& tally : store.tallies()) {
    auto& summary = campaign.summaries.emplace_back(summarize(tally));
    const auto* scenario =
        static_cast<std::size_t>(id) < spec.size() ? &spec[static_cast<std::size_t>(id)] : nullptr;
    summary.at_most = scenario != nullptr && scenario->target ? scenario->trials : 0;
    const auto trials = store.trials(id);
    if (!trials.empty()) {
      auto& s = campaign.scenarios.emplace_back(statistics(id, tally, trials, tolerance));
      s.at_most = summary.at_most;
      if (scenario != nullptr) {
        s.target = scenario->target;
        s.recorded = scenario->recorded;
        compare_recorded(s, trials);
      }
    }
    ++id;
  }
  return campaign;
}

}  // namespace fluence
