#include "rates/derating.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "base/error.hpp"
#include "map/buffer_summary.hpp"
#include "map/summary.hpp"

namespace fluence {
namespace {

constexpr double kNoTolerance = 0;
constexpr int kAllLayers = -1;

// A scenario with its statistics.
struct Row {
  const Scenario* scenario;
  const ScenarioStatistics* statistics;
};

// The campaign's scenarios of upsets: of single bits, and of bursts. The library of 2019 does another
// number than it is asked for, and where parameters are reloaded what has accumulated is not all there.
struct Rows {
  Rows(const CampaignStatistics& campaign, const std::string& folder)
      : spec(Spec::parse(campaign.manifest.at("spec"), folder)) {
    for (const auto& statistics : campaign.scenarios) {
      const auto& scenario = spec.scenarios.at(static_cast<std::size_t>(statistics.id));
      const auto& plan = scenario.draw_plan;
      if (plan.extent == Extent::bit && plan.kind == FaultKind::flip &&
          plan.semantics != Semantics::shipped && plan.reload == 0 && scenario.expected > 0) {
        all.push_back({&scenario, &statistics});
      }
    }
  }
  Spec spec;
  std::vector<Row> all;
};

OutcomeShare outcome_of(const Share& share) { return {share.share, share.interval}; }

Derating derating_of(const Row& row) {
  const auto& plan = row.scenario->draw_plan;
  const auto& s = *row.statistics;
  const SiteMap sites(*row.scenario->net);
  Derating derating{row.scenario->net,
                    plan.spaces.front(),
                    {},
                    0,
                    s.tally.done,
                    s.id,
                    outcome_of(s.masked),
                    outcome_of(s.tolerable),
                    outcome_of(s.critical),
                    outcome_of(s.hang)};
  if (plan.layers.empty()) {
    derating.bits = sites.bit_count(derating.space);
  } else {
    derating.layer = plan.layers.front();
    derating.bits = sites.bit_count(derating.space, *derating.layer);
  }
  return derating;
}

// Of a map.
std::vector<Derating> exact(const Topology& net, const std::vector<MapTotals>& totals) {
  std::vector<Derating> all;
  for (const auto& sum : totals) {
    const auto share = [&](std::uint64_t part) {
      return OutcomeShare{static_cast<double>(part) / static_cast<double>(sum.images()), {}};
    };
    all.push_back({&net,
                   sum.space,
                   sum.layer,
                   sum.faults,
                   0,
                   -1,
                   share(sum.masked),
                   share(sum.tolerable),
                   share(sum.critical()),
                   {}});
  }
  return all;
}

}  // namespace

std::vector<Derating> deratings(const MapResults& map, const std::string& folder) {
  if (map.request().mode != MapMode::seu) {
    throw InputError("the map in " + folder +
                     " is one of groups of bits: give one of single bits, which upsets are counted by");
  }
  if (!map.request().given.empty()) {
    throw InputError("the map in " + folder +
                     " is one of second upsets given others: give one made without --given");
  }
  require_all_images(map.images_done(), map.request().images, folder);
  return exact(map.layout().net(), map_totals(map));
}

std::vector<Derating> deratings(const BufferMap& map, const std::string& folder) {
  require_all_images(map.images_done(), map.request().images, folder);
  return exact(*map.request().net, buffer_totals(map));
}

std::vector<Derating> map_deratings(const std::vector<std::string>& folders) {
  std::vector<Derating> all;
  std::map<std::string, std::pair<std::string, std::string>> rests_on;  // key: digest, folder
  for (const auto& folder : folders) {
    const auto take = [&](const auto& map) {
      const auto& manifest = map.manifest();
      for (const std::string kind : {"params ", "hardware "}) {
        const auto key = kind + map.request().net->name;
        const auto own = manifest.contains(key) ? manifest.at(key) : "";
        const auto& [digest, other] = rests_on.try_emplace(key, own, folder).first->second;
        if (digest != own) {
          throw InputError("the maps in " + other + " and " + folder + " rest on different ones of '" +
                           key + "': name maps of the same network and parameters");
        }
      }
      for (auto& derating : deratings(map, folder)) {
        if (std::ranges::any_of(all, [&](const Derating& one) {
              return one.net == derating.net && one.space == derating.space &&
                     one.layer == derating.layer;
            })) {
          throw InputError("the map in " + folder + " holds " + std::string(to_string(derating.space)) +
                           " of layer " + std::to_string(*derating.layer) +
                           ", as one before it does: name maps of different spaces or layers");
        }
        all.push_back(std::move(derating));
      }
    };
    if (has_buffer_map(folder)) {
      take(BufferMap::load(folder));
    } else {
      take(MapResults::load(folder));
    }
  }
  return all;
}

std::vector<Derating> deratings(Store& store, const std::string& folder) {
  const auto campaign = read_campaign(store, kNoTolerance);
  const Rows rows(campaign, folder);
  // By network, in the order of the campaign, space and layer.
  std::vector<std::pair<const Topology*, std::map<Space, std::map<int, Derating>>>> found;
  for (const auto& row : rows.all) {
    const auto& plan = row.scenario->draw_plan;
    if (plan.faults != 1 || plan.spaces.size() != 1 || plan.layers.size() > 1) {
      continue;
    }
    auto it = std::ranges::find(found, row.scenario->net, &decltype(found)::value_type::first);
    if (it == found.end()) {
      it = found.insert(it, {row.scenario->net, {}});
    }
    const auto derating = derating_of(row);
    auto& best = it->second[derating.space][derating.layer.value_or(kAllLayers)];
    if (!plan.single_bits()) {
      if (!best.burst || derating.trials > best.burst->trials) {
        best.burst = {derating.scenario, derating.trials, derating.tolerable, derating.critical,
                      derating.hang};
      }
    } else if (best.net == nullptr || derating.trials > best.trials) {
      const auto burst = best.burst;
      best = derating;
      best.burst = burst;
    }
  }
  for (auto& [net, spaces] : found) {
    for (auto& [space, by_layer] : spaces) {
      std::erase_if(by_layer, [](const auto& entry) { return entry.second.net == nullptr; });
    }
  }
  std::vector<Derating> all;
  for (const auto& [net, spaces] : found) {
    const SiteMap sites(*net);
    for (const auto& entry : spaces) {
      const auto space = entry.first;
      const auto& by_layer = entry.second;
      const bool has_all = by_layer.contains(kAllLayers);
      const bool every_layer = std::ranges::all_of(net->layers, [&](const Layer& layer) {
        return sites.bit_count(space, layer.index) == 0 || by_layer.contains(layer.index);
      });
      for (const auto& [layer, derating] : by_layer) {
        if ((layer == kAllLayers) == (has_all && !every_layer)) {
          all.push_back(derating);
        }
      }
    }
  }
  if (all.empty()) {
    throw InputError(
        "the campaign in " + folder +
        " has no scenario of one single-bit upset in one space, from which a rate could be told: "
        "run one with 'faults = 1' and 'mode = \"seu\"', or give a map");
  }
  return all;
}

std::vector<Accumulation> accumulations(Store& store, const std::string& folder) {
  return accumulations(read_campaign(store, kNoTolerance), folder);
}

std::vector<Accumulation> accumulations(const CampaignStatistics& campaign, const std::string& folder) {
  const Rows rows(campaign, folder);
  std::vector<Accumulation> all;
  for (const auto& [scenario, statistics] : rows.all) {
    const auto& plan = scenario->draw_plan;
    const auto& a_bit = plan.upsets_a_bit;
    if (!plan.single_bits() ||
        std::ranges::adjacent_find(a_bit, std::ranges::not_equal_to()) != a_bit.end()) {
      continue;
    }
    all.push_back({scenario->net, plan.spaces, plan.layers, statistics->id, scenario->expected,
                   plan.from_start, statistics->tally.done, statistics->fault_free,
                   statistics->accuracy.mean, statistics->accuracy.interval});
  }
  return all;
}

}  // namespace fluence
