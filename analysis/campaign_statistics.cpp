#include "analysis/campaign_statistics.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "analysis/weighted.hpp"
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

// None of plain trials.
struct Corrections {
  Correction loss, critical;
};

// What other images would do.
void add_images(ScenarioStatistics& s, const ImageCounts& counts, const Corrections& by) {
  const double n = s.accuracy.count;
  const auto images = counts.correct.size();
  std::vector<double> accuracy(images), loss(images), critical(images);
  double changes = 0;  // of right and wrong
  double changed = 0;  // classes
  for (std::size_t i = 0; i < images; ++i) {
    const bool right = counts.fault_free[i] != 0;
    loss[i] = 100 * (right ? counts.trials - counts.correct[i] : -counts.correct[i]) / n - by.loss.mean;
    accuracy[i] = 100.0 * counts.fault_free[i] - loss[i];
    critical[i] = 100 * counts.critical[i] / n - by.critical.mean;
    changes += right ? counts.trial_squares - counts.correct_squares[i] : counts.correct_squares[i];
    changed += counts.critical_squares[i];
  }
  constexpr double kSquare = 100.0 * 100.0;
  s.loss_mean = crossed_mean(s.accuracy.count, s.loss(), s.loss_mean.variance, std::move(loss),
                             kSquare * changes + by.loss.squares);
  s.accuracy_mean = s.loss_mean;  // trial and image do the same to both together
  s.accuracy_mean.mean = s.accuracy.mean;
  s.accuracy_mean.by_image = std::move(accuracy);
  s.critical_mean = crossed_mean(s.accuracy.count, 100 * s.critical.share, s.critical_mean.variance,
                                 std::move(critical), kSquare * changed + by.critical.squares);
  s.critical_images = share_of_images_like_these(s.critical, s.critical_mean);
}

// Of trials, a number each.
struct Columns {
  std::vector<double> accuracy, within, weight;  // accuracy in per cent; 1 within the tolerance, else 0
  std::vector<int> masked, tolerable, critical, hang;  // images
};

Columns columns_of(const ScenarioTally& tally, const std::vector<StoredTrial>& trials,
                   double tolerance) {
  Columns columns;
  const double per_image = 100.0 / tally.images;
  for (const auto& stored : trials) {
    const auto& outcomes = stored.outcomes;
    columns.accuracy.push_back(outcomes.correct * per_image);
    columns.masked.push_back(outcomes.masked);
    columns.tolerable.push_back(outcomes.tolerable);
    columns.critical.push_back(outcomes.critical);
    columns.hang.push_back(outcomes.hang);
    columns.weight.push_back(stored.weight);
    // Whole images, so that rounding decides nothing.
    const int away = std::abs(outcomes.correct - tally.baseline_correct);
    columns.within.push_back(away <= tolerance / per_image + 1e-9 ? 1 : 0);
  }
  return columns;
}

// In per cent.
std::vector<double> shares_of(const std::vector<int>& images, int all) {
  std::vector<double> shares;
  for (const int count : images) {
    shares.push_back(count * (100.0 / all));
  }
  return shares;
}

void add_plain(ScenarioStatistics& s, const Columns& of) {
  const int images = s.tally.images;
  const auto n = static_cast<double>(of.accuracy.size());
  const auto variance = [&](const Distribution& d) {
    const double deviation = d.deviation.value_or(0);
    return deviation * deviation / n;
  };
  s.accuracy = describe(of.accuracy);
  s.variance_of_mean = variance(s.accuracy);
  s.masked = clustered_share(of.masked, images);
  s.tolerable = clustered_share(of.tolerable, images);
  s.critical = clustered_share(of.critical, images);
  s.hang = clustered_share(of.hang, images);
  s.tolerant = static_cast<double>(std::ranges::count(of.within, 1)) / n;
  if (std::ssize(of.within) >= kLeastTrials) {
    s.tolerant_interval = wilson(s.tolerant, n);
  }
  s.critical_mean.variance = variance(describe(shares_of(of.critical, images)));
  s.hang_mean.variance = variance(describe(shares_of(of.hang, images)));
}

Corrections add_weighted(ScenarioStatistics& s, const Columns& of) {
  const auto& weight = of.weight;
  const auto mean_of = [&](const std::vector<int>& images) {
    return weighted_mean(shares_of(images, s.tally.images), weight);
  };
  const auto share = [&](WeightedMean per_cent) {
    per_cent.mean /= 100;
    per_cent.variance /= 100 * 100;
    return weighted_share(per_cent, s.tally.images, weight);
  };
  const auto critical = mean_of(of.critical);
  const auto hang = mean_of(of.hang);
  s.masked = share(mean_of(of.masked));
  s.tolerable = share(mean_of(of.tolerable));
  s.critical = share(critical);
  s.hang = share(hang);
  s.critical_mean.variance = critical.variance;
  s.hang_mean.variance = hang.variance;
  auto loss = of.accuracy;
  std::ranges::for_each(loss, [&](double& one) { one = s.fault_free - one; });
  const auto lost = weighted_mean(loss, weight);
  auto accuracy = lost;
  accuracy.mean = s.fault_free - lost.mean;
  s.accuracy = describe(of.accuracy, weight, accuracy);
  s.variance_of_mean = lost.variance;
  const auto within = weighted_share(weighted_mean(of.within, weight), 1, weight);
  s.tolerant = within.share;
  s.tolerant_interval = within.interval;
  const auto worth = [&](const WeightedMean& mean) {
    const double plain = mean.plain / static_cast<double>(weight.size());
    return std::ssize(weight) >= kLeastTrials && mean.variance > 0 ? std::optional(plain / mean.variance)
                                                                   : std::nullopt;
  };
  s.worth_critical = worth(critical);
  s.worth_loss = worth(lost);
  return {correction(lost, loss, weight, s.tally.images),
          correction(critical, shares_of(of.critical, s.tally.images), weight, s.tally.images)};
}

ScenarioStatistics statistics(int id, const ScenarioTally& tally, const std::vector<StoredTrial>& trials,
                              const std::optional<ImageCounts>& images, double tolerance) {
  ScenarioStatistics s;
  s.id = id;
  s.tally = tally;
  s.group = summarize(tally).group;
  s.quantisation = topology(tally.network).layers.back().weight_bits;
  s.layer = one_layer(tally.layers);
  s.fault_free = tally.baseline_correct * (100.0 / tally.images);
  const auto columns = columns_of(tally, trials, tolerance);
  Corrections corrections;
  if (tally.draw.empty()) {
    add_plain(s, columns);
  } else {
    corrections = add_weighted(s, columns);
  }
  const auto worst = std::ranges::min_element(columns.accuracy) - columns.accuracy.begin();
  s.worst_trial = trials[static_cast<std::size_t>(worst)].trial;
  const auto mean = [&](double value, double variance) {
    return CrossedMean{s.accuracy.count, value, variance, {}, 0};
  };
  s.accuracy_mean = mean(s.accuracy.mean, s.variance_of_mean);
  s.loss_mean = mean(s.loss(), s.variance_of_mean);
  s.critical_mean = mean(100 * s.critical.share, s.critical_mean.variance);
  s.hang_mean = mean(100 * s.hang.share, s.hang_mean.variance);
  if (images) {
    add_images(s, *images, corrections);
  }
  return s;
}

// A summary's sums are those of trials as they are drawn.
void weigh(Summary& summary, const ScenarioStatistics& s) {
  summary.mean = s.accuracy.mean;
  summary.deviation = s.accuracy.deviation;
  summary.masked = 100 * s.masked.share;
  summary.tolerable = 100 * s.tolerable.share;
  summary.critical = 100 * s.critical.share;
  summary.hang = 100 * s.hang.share;
}

void compare_recorded(ScenarioStatistics& s, const std::vector<StoredTrial>& trials) {
  for (const double accuracy : s.recorded) {
    double below = 0;
    double all = 0;
    for (const auto& t : trials) {
      all += t.weight;
      below += t.outcomes.correct * 100.0 / s.tally.images <= accuracy + 1e-9 ? t.weight : 0;
    }
    s.recorded_quantile.push_back(below / all);
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
      if (!tally.draw.empty()) {
        weigh(summary, s);
      }
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
