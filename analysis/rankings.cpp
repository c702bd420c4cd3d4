#include "analysis/rankings.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "analysis/by_layer.hpp"
#include "analysis/kruskal_wallis.hpp"
#include "rtl/sites.hpp"

namespace fluence {
namespace {

constexpr int kBurst = 8;

Ranked ranked(const Estimate& e) { return {e.value, e.faults_interval(), e.images_interval()}; }

Ranked ranked(const std::vector<double>& values, double confidence) {
  const auto d = describe(values, confidence);
  return {d.mean, d.interval, {}};
}

// No share of images leaves 0 to 100 %, as Student's t does.
Ranked share(Ranked of) {
  for (auto* interval : {&of.faults, &of.images}) {
    if (*interval) {
      *interval = {std::max((*interval)->low, 0.0), std::min((*interval)->high, 100.0)};
    }
  }
  return of;
}

bool more_critical(const Rank& a, const Rank& b) { return a.critical.value > b.critical.value; }

// "weights+thresholds" has thresholds.
bool has_space(const std::string& spaces, Space space) {
  return ("+" + spaces + "+").find("+" + std::string(to_string(space)) + "+") != std::string::npos;
}

// What single upsets in one bit position did, a number a trial.
struct Hits {
  std::vector<double> critical, loss;
};
// [network, space][bit position]
using Positions = std::map<std::pair<std::string, std::string>, std::map<int, Hits>>;

void collect(Positions& positions, const ScenarioStatistics& s, Store& store) {
  const auto& net = topology(s.tally.network);
  const double per_image = 100.0 / s.tally.images;
  std::map<int, Outcomes> outcomes;
  for (auto& trial : store.trials(s.id)) {
    outcomes[trial.trial] = std::move(trial.outcomes);
  }
  for (const auto& upset : store.upsets(s.id)) {
    const auto& site = upset.fault.site;
    const auto it = outcomes.find(upset.trial);
    if (it == outcomes.end() || (site.space != Space::weights && site.space != Space::thresholds)) {
      continue;
    }
    const bool weight = site.space == Space::weights;
    const auto& layer = net.layer(site.layer);
    const auto name = weight                    ? std::string("weights")
                      : layer.fraction_bits > 0 ? "thresholds of layer " + std::to_string(site.layer)
                                                : std::string("thresholds");
    auto& hits = positions[{net.name, name}][weight ? site.bit % layer.weight_bits : site.bit];
    hits.critical.push_back(it->second.critical * per_image);
    hits.loss.push_back(s.fault_free - it->second.correct * per_image);
  }
}

}  // namespace

double burst_bits(const std::string& network, const std::string& spaces, int layer) {
  const SiteMap sites(topology(network));
  double bits = 0;
  double flipped = 0;
  for (const auto& array : sites.arrays()) {
    if (array.layer == layer && has_space(spaces, array.space)) {
      const auto count = static_cast<double>(array.bit_count());
      const int whole = array.bits / kBurst;
      const int rest = array.bits % kBurst;
      bits += count;
      flipped += count * (whole * kBurst * kBurst + rest * rest) / array.bits;
    }
  }
  return bits > 0 ? flipped / bits : 0;
}

Ranking rank_layers(const CampaignStatistics& campaign) {
  Ranking ranking;
  for (const auto& table : layer_tables(campaign)) {
    auto& of = ranking.of.emplace_back();
    of.network = table.network;
    of.space = table.space;
    of.group = table.group;
    of.places = static_cast<int>(table.layers.size());
    of.left_out = table.left_out;
    if (table.rows.empty()) {
      continue;
    }
    std::vector<Rank> ranks;
    for (std::size_t i = 0; i < table.layers.size(); ++i) {
      const auto loss = estimate(layer_parts(table, i, &ScenarioStatistics::loss_mean));
      ranks.push_back(
          {table.network, table.space, table.group, table.layers[i], loss.trials,
           share(ranked(estimate(layer_parts(table, i, &ScenarioStatistics::critical_mean)))),
           ranked(loss), burst_bits(table.network, table.space, table.layers[i])});
    }
    std::ranges::stable_sort(ranks, more_critical);
    ranking.ranks.insert(ranking.ranks.end(), ranks.begin(), ranks.end());
  }
  return ranking;
}

Ranking rank_bits(const CampaignStatistics& campaign, Store& store) {
  Positions positions;
  for (const auto& s : campaign.scenarios) {
    if (s.tally.faults == 1 && s.tally.mode == "seu" && s.tally.draw.empty()) {
      collect(positions, s, store);
    }
  }
  Ranking ranking;
  for (const auto& [place, hits] : positions) {
    std::vector<Rank> ranks;
    std::vector<std::vector<double>> critical;
    const double confidence = 1 - (1 - kConfidence) / static_cast<double>(hits.size());
    for (const auto& [bit, hit] : hits) {
      ranks.push_back({place.first, place.second, "", bit, static_cast<int>(hit.loss.size()),
                       share(ranked(hit.critical, confidence)), ranked(hit.loss, confidence), 0});
      critical.push_back(hit.critical);
    }
    auto& of = ranking.of.emplace_back();
    of.network = place.first;
    of.space = place.second;
    of.places = static_cast<int>(hits.size());
    of.p = kruskal_wallis(critical).p;
    of.told_apart = of.p < (1 - kConfidence) / static_cast<double>(positions.size());
    if (of.told_apart) {
      std::ranges::stable_sort(ranks, more_critical);
    }
    ranking.ranks.insert(ranking.ranks.end(), ranks.begin(), ranks.end());
  }
  return ranking;
}

}  // namespace fluence
