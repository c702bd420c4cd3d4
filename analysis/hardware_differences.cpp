#include "analysis/hardware_differences.hpp"

#include <array>
#include <map>
#include <string>
#include <utility>

#include "network/known_networks.hpp"

namespace fluence {
namespace {

using Trials = std::vector<StoredTrial>;
using Pairs = std::vector<std::pair<const StoredTrial*, const StoredTrial*>>;

bool may_differ_in_hardware_alone(const ScenarioStatistics& a, const ScenarioStatistics& b) {
  return a.group == b.group && a.tally.mode == b.tally.mode && a.tally.spaces == b.tally.spaces &&
         a.tally.layers == b.tally.layers && a.tally.dose == b.tally.dose &&
         a.tally.dose_value == b.tally.dose_value && a.tally.network != b.tally.network &&
         topology(a.tally.network).network == topology(b.tally.network).network;
}

// Trials of one number, in order.
Pairs in_pairs(const Trials& first, const Trials& second) {
  Pairs pairs;
  auto other = second.begin();
  for (const auto& trial : first) {
    while (other != second.end() && other->trial < trial.trial) {
      ++other;
    }
    if (other != second.end() && other->trial == trial.trial) {
      pairs.emplace_back(&trial, &*other);
    }
  }
  return pairs;
}

// Of what is counted in a trial, and in which images, if the trials say it.
CrossedMean paired_mean(const Pairs& pairs, int images, int Outcomes::*count,
                        std::string StoredTrial::*set = nullptr) {
  constexpr double kPerCent = 100;
  std::vector<double> differences;
  std::vector<double> by_image(static_cast<std::size_t>(images));
  double squares = 0;
  bool known = set != nullptr;
  for (const auto& [first, second] : pairs) {
    differences.push_back(kPerCent * (second->outcomes.*count - first->outcomes.*count) / images);
    known =
        known && (first->*set).size() == set_size(images) && (second->*set).size() == set_size(images);
    for (std::size_t i = 0; known && i < by_image.size(); ++i) {
      const double y = kPerCent * (int{contains(second->*set, i)} - int{contains(first->*set, i)});
      by_image[i] += y / static_cast<double>(pairs.size());
      squares += y * y;
    }
  }
  const auto all = describe(differences);
  const double deviation = all.deviation.value_or(0);
  const double variance = deviation * deviation / all.count;
  return known ? crossed_mean(all.count, all.mean, variance, std::move(by_image), squares)
               : CrossedMean{all.count, all.mean, variance, {}, 0};
}

}  // namespace

std::vector<HardwareDifference> hardware_differences(const CampaignStatistics& campaign, Store& store) {
  std::map<int, Trials> read;  // [scenario]
  const auto trials_of = [&](const ScenarioStatistics& s) -> const Trials& {
    const auto [it, is_new] = read.try_emplace(s.id);
    if (is_new) {
      it->second = store.trials(s.id);
    }
    return it->second;
  };
  std::vector<HardwareDifference> differences;
  for (auto first = campaign.scenarios.begin(); first != campaign.scenarios.end(); ++first) {
    for (auto second = first + 1; !first->tally.dose.empty() && second != campaign.scenarios.end();
         ++second) {
      if (!may_differ_in_hardware_alone(*first, *second)) {
        continue;
      }
      HardwareDifference difference;
      difference.first = &*first;
      difference.second = &*second;
      difference.common = first->common_key && first->common_key == second->common_key;
      if (!difference.common) {
        difference.critical =
            estimate(std::array{Part{&second->critical_mean}, Part{&first->critical_mean, -1}});
        difference.accuracy =
            estimate(std::array{Part{&second->accuracy_mean}, Part{&first->accuracy_mean, -1}});
        difference.hang = estimate(std::array{Part{&second->hang_mean}, Part{&first->hang_mean, -1}});
      } else {
        const auto pairs = in_pairs(trials_of(*first), trials_of(*second));
        if (pairs.empty()) {
          continue;
        }
        const int images = first->tally.images;
        const auto critical =
            paired_mean(pairs, images, &Outcomes::critical, &StoredTrial::critical_set);
        const auto accuracy = paired_mean(pairs, images, &Outcomes::correct, &StoredTrial::correct_set);
        const auto hang = paired_mean(pairs, images, &Outcomes::hang);
        difference.pairs = critical.trials;
        difference.critical = estimate(std::array{Part{&critical}});
        difference.accuracy = estimate(std::array{Part{&accuracy}});
        difference.hang = estimate(std::array{Part{&hang}});
      }
      differences.push_back(difference);
    }
  }
  return differences;
}

std::optional<Interval> interval_of(const std::optional<Uncertainty>& uncertainty, double value) {
  return uncertainty && uncertainty->variance > 0 ? std::optional(around(value, *uncertainty))
                                                  : std::nullopt;
}

}  // namespace fluence
