#include "analysis/rankings.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "analysis/average_loss.hpp"

namespace fluence {
namespace {

void rank(std::vector<Rank>& ranks) {
  std::ranges::stable_sort(ranks, [](const Rank& a, const Rank& b) {
    return std::tie(a.network, a.space) != std::tie(b.network, b.space)
               ? std::tie(a.network, a.space) < std::tie(b.network, b.space)
               : a.loss > b.loss;
  });
}

}  // namespace

std::vector<Rank> rank_layers(const CampaignStatistics& campaign) {
  std::map<std::tuple<std::string, std::string, int>, AverageLoss> places;
  for (const auto& s : campaign.scenarios) {
    if (s.layer) {
      places[{s.tally.network, s.tally.spaces, *s.layer}].add(s);
    }
  }
  std::vector<Rank> ranks;
  for (const auto& [place, average] : places) {
    const auto& [network, space, layer] = place;
    ranks.push_back({network, space, layer, average.trials, average.mean(),
                     around(average.mean(), average.spread())});
  }
  rank(ranks);
  return ranks;
}

std::vector<Rank> rank_bits(const CampaignStatistics& campaign, Store& store) {
  std::map<std::tuple<std::string, std::string, int>, std::vector<double>> places;
  for (const auto& s : campaign.scenarios) {
    if (s.tally.faults != 1 || s.tally.mode != "seu") {
      continue;
    }
    const auto& net = topology(s.tally.network);
    std::map<int, double> losses;
    for (const auto& trial : store.trials(s.id)) {
      losses[trial.trial] = s.fault_free - trial.outcomes.correct * 100.0 / s.tally.images;
    }
    for (const auto& upset : store.upsets(s.id)) {
      const auto& site = upset.fault.site;
      if (site.space != Space::weights && site.space != Space::thresholds) {
        continue;
      }
      const bool weight = site.space == Space::weights;
      const auto& layer = net.layer(site.layer);
      const auto name = weight                    ? std::string("weights")
                        : layer.fraction_bits > 0 ? "thresholds of layer " + std::to_string(site.layer)
                                                  : std::string("thresholds");
      const int bit = weight ? site.bit % layer.weight_bits : site.bit;
      if (const auto it = losses.find(upset.trial); it != losses.end()) {
        places[{net.name, name, bit}].push_back(it->second);
      }
    }
  }
  std::vector<Rank> ranks;
  for (auto& [place, losses] : places) {
    const auto d = describe(std::move(losses));
    const auto& [network, space, bit] = place;
    ranks.push_back({network, space, bit, d.count, d.mean, d.interval});
  }
  rank(ranks);
  return ranks;
}

}  // namespace fluence
