#include "study/exposure.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "rtl/sites.hpp"

namespace fluence {
namespace {

// Scenarios by network and space, of one group and number of upsets.
using Parameters = std::map<std::pair<std::string, std::string>, const ScenarioStatistics*>;

std::map<std::pair<int, std::string>, Parameters> whole_networks(const CampaignStatistics& campaign) {
  std::map<std::pair<int, std::string>, Parameters> found;
  for (const auto& s : campaign.scenarios) {
    const auto& t = s.tally;
    if (t.mode == "seu" && t.layers == "all" && t.faults > 0 &&
        (t.spaces == "weights" || t.spaces == "thresholds")) {
      found[{t.faults, s.group}].emplace(std::pair{t.network, t.spaces}, &s);
    }
  }
  return found;
}

struct Weighted {
  const CrossedMean* mean;
  double bits;
};
using Side = std::vector<Weighted>;

double sum(const Side& side) {
  double total = 0;
  for (const auto& [mean, bits] : side) {
    total += bits * mean->mean;
  }
  return total;
}

// What a side has: networks as a whole, both spaces, or some spaces of a named one.
Side side_of(const Parameters& parameters, const std::set<std::string>& settings,
             const std::string& network) {
  Side side;
  for (const auto& [place, s] : parameters) {
    const auto& [name, space] = place;
    const bool whole =
        parameters.contains({name, "weights"}) && parameters.contains({name, "thresholds"});
    if (network.empty() ? whole && settings.contains(name)
                        : name == network && settings.contains(space)) {
      const SiteMap sites(topology(name));
      side.push_back(
          {&s->critical_mean, static_cast<double>(sites.bit_count(space_from_string(space)))});
    }
  }
  return side;
}

// The logarithm of the ratio is nearly a weighted sum of the means about what they are.
std::optional<Exposure> compare(const Side& more, const Side& less, std::string what) {
  const std::array totals{sum(more), sum(less)};
  if (totals[0] <= 0 || totals[1] <= 0) {
    return std::nullopt;
  }
  std::vector<Part> parts;
  for (const auto& [mean, bits] : more) {
    parts.push_back({mean, bits / totals[0]});
  }
  for (const auto& [mean, bits] : less) {
    parts.push_back({mean, -bits / totals[1]});
  }
  Exposure e{std::move(what), totals[0] / totals[1], {}};
  if (const auto of = estimate(parts).images) {
    const auto log = around(std::log(e.ratio), *of);
    e.interval = {std::exp(log.low), std::exp(log.high)};
  }
  return e;
}

}  // namespace

std::vector<Exposure> exposures(const CampaignStatistics& campaign,
                                const PublishedStatement& published) {
  std::vector<Exposure> result;
  if (published.factor != "network" && published.factor != "space") {
    return result;
  }
  for (const auto& [of, parameters] : whole_networks(campaign)) {
    std::set<std::string> networks{""};
    if (published.factor == "space") {
      networks.clear();
      for (const auto& [place, s] : parameters) {
        networks.insert(place.first);
      }
    }
    for (const auto& network : networks) {
      const auto more = side_of(parameters, published.more, network);
      const auto less = side_of(parameters, published.less, network);
      const auto what =
          fmt::format("{}{} over {}, {} seu", network.empty() ? "" : network + " ",
                      fmt::join(published.more, "+"), fmt::join(published.less, "+"), of.first);
      if (auto e = compare(more, less, what)) {
        result.push_back(std::move(*e));
      }
    }
    if (!result.empty()) {
      break;  // the fewest upsets
    }
  }
  return result;
}

}  // namespace fluence
