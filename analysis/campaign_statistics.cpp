#include "analysis/campaign_statistics.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

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

// Wilson's interval as that of a clustered share, but on so many images as would say as much if both
// trials and images were other ones. Where there is no spread to see, a trial is a draw, and so is an
// image.
std::optional<Interval> share_of_images_like_these(const Share& share, const CrossedMean& mean) {
  const auto e = estimate(std::array{Part{&mean, 0.01}});
  if (!e.images) {
    return std::nullopt;
  }
  const double n = mean.trials;
  const auto m = static_cast<double>(mean.by_image.size());
  const double least = 1 / (1 / n + 1 / m);
  const double p = share.share;
  if (p == 0 || p == 1) {
    return wilson(p, least, student(kConfidence, std::min(n, m) - 1));
  }
  const double effective = e.images->variance > 0 ? p * (1 - p) / e.images->variance : share.effective;
  return wilson(p, std::clamp(effective, std::min(least, share.effective), share.effective),
                student(kConfidence, e.images->freedom));
}

// What other images would do.
void add_images(ScenarioStatistics& s, const ImageCounts& counts, double variance_of_critical) {
  const double n = s.accuracy.count;
  const auto images = counts.correct.size();
  std::vector<double> accuracy(images), loss(images), critical(images);
  double changes = 0;  // of right and wrong
  double changed = 0;  // classes
  for (std::size_t i = 0; i < images; ++i) {
    accuracy[i] = 100 * counts.correct[i] / n;
    loss[i] = 100.0 * counts.fault_free[i] - accuracy[i];
    critical[i] = 100 * counts.critical[i] / n;
    changes += counts.fault_free[i] != 0 ? n - counts.correct[i] : counts.correct[i];
    changed += counts.critical[i];
  }
  constexpr double kSquare = 100.0 * 100.0;
  s.loss_mean =
      crossed_mean(s.accuracy.count, s.loss(), s.variance_of_mean(), std::move(loss), kSquare * changes);
  s.accuracy_mean = s.loss_mean;  // trial and image do the same to both together
  s.accuracy_mean.mean = s.accuracy.mean;
  s.accuracy_mean.by_image = std::move(accuracy);
  s.critical_mean = crossed_mean(s.accuracy.count, 100 * s.critical.share, variance_of_critical,
                                 std::move(critical), kSquare * changed);
  s.critical_images = share_of_images_like_these(s.critical, s.critical_mean);
}

ScenarioStatistics statistics(int id, const ScenarioTally& tally, const std::vector<StoredTrial>& trials,
                              const std::optional<ImageCounts>& images, double tolerance) {
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
  for (const auto& stored : trials) {
    const auto& outcomes = stored.outcomes;
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
  const auto mean = [&](double value, double variance) {
    return CrossedMean{s.accuracy.count, value, variance, {}, 0};
  };
  const auto mean_share = [&](double value, const std::vector<int>& counts) {
    std::vector<double> shares;
    for (const int count : counts) {
      shares.push_back(count * per_image);
    }
    const double deviation = describe(shares).deviation.value_or(0);
    return mean(value, deviation * deviation / n);
  };
  s.accuracy_mean = mean(s.accuracy.mean, s.variance_of_mean());
  s.loss_mean = mean(s.loss(), s.variance_of_mean());
  s.critical_mean = mean_share(100 * s.critical.share, critical);
  s.hang_mean = mean_share(100 * s.hang.share, hang);
  if (images) {
    add_images(s, *images, s.critical_mean.variance);
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
      auto& s = campaign.scenarios.emplace_back(
          statistics(id, tally, trials, store.image_counts(id), tolerance));
      s.at_most = summary.at_most;
      if (scenario != nullptr) {
        s.target = scenario->target;
        s.common_key = scenario->draw_plan.common ? std::optional(scenario->key()) : std::nullopt;
        s.recorded = scenario->recorded;
        compare_recorded(s, trials);
      }
    }
    ++id;
  }
  return campaign;
}

}  // namespace fluence
