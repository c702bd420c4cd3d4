#include "map/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numeric>

#include "rtl/site_names.hpp"

namespace fluence {
namespace {

constexpr std::array kShares = {0.001, 0.01, 0.05, 0.1, 0.2, 0.5};
constexpr std::size_t kWorst = 10;
constexpr std::size_t kWorstInJson = 100;

std::uint32_t images_done(const MapResults& map) {
  return static_cast<std::uint32_t>(map.images_done());
}

std::string bits_name(const MapResults& map) {
  return map.layout().fault_bits() == 1 ? "bits" : "groups of 8 bits";
}

std::string totals_row(const MapTotals& t, const std::string& layer) {
  return fmt::format("{:<10} {:>5} {:>9} {:>9.5f} {:>9.5f} {:>9.5f} {:>14}\n", to_string(t.space), layer,
                     t.faults, 100 * t.avf(), 100 * t.critical_share(),
                     100 * share_of(t.right_to_wrong, t.images()), t.never_critical);
}

// "u_pipeline.u_l3_mvau.weights_q[2][17] bit 5"
std::string name_of(const SiteMap& sites, const Site& site) {
  return fmt::format("{} bit {}", rtl_name(sites.array_of(site), site), site.bit);
}

}  // namespace

double MapTotals::avf() const { return share_of(images() - masked, images()); }
double MapTotals::critical_share() const { return share_of(critical(), images()); }

MapTotals& MapTotals::operator+=(const MapTotals& other) {
  faults += other.faults;
  masked += other.masked;
  tolerable += other.tolerable;
  right_to_wrong += other.right_to_wrong;
  wrong_to_right += other.wrong_to_right;
  wrong_to_wrong += other.wrong_to_wrong;
  never_critical += other.never_critical;
  read += other.read;
  return *this;
}

double share_of(std::uint64_t part, std::uint64_t all) {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

std::vector<MapTotals> map_totals(const MapResults& map) {
  const auto images = images_done(map);
  std::vector<MapTotals> totals;
  for (const auto& region : map.layout().regions()) {
    MapTotals sum;
    sum.space = region.space;
    sum.layer = region.layer;
    sum.faults = region.size();
    for (auto number = region.first; number < region.first + region.size(); ++number) {
      const auto& counts = map.counts()[number];
      sum.masked += counts.masked(images);
      sum.tolerable += counts.tolerable();
      sum.right_to_wrong += counts.of(Consequence::right_to_wrong);
      sum.wrong_to_right += counts.of(Consequence::wrong_to_right);
      sum.wrong_to_wrong += counts.of(Consequence::wrong_to_wrong);
      sum.never_critical += counts.critical() == 0 ? 1 : 0;
    }
    totals.push_back(sum);
  }
  return totals;
}

std::vector<MapTotals> space_totals(const std::vector<MapTotals>& totals) {
  std::vector<MapTotals> sums;
  for (const auto& one : totals) {
    if (sums.empty() || sums.back().space != one.space) {
      sums.push_back({});
      sums.back().space = one.space;
    }
    sums.back() += one;
  }
  return sums;
}

std::vector<RankedFault> ranked_faults(const MapResults& map) {
  std::vector<RankedFault> ranking;
  ranking.reserve(map.layout().size());
  for (const auto& region : map.layout().regions()) {
    map.layout().for_each(region, [&](const Site&, std::size_t number) {
      ranking.push_back({number, map.counts()[number].critical()});
    });
  }
  std::ranges::stable_sort(ranking, std::ranges::greater(), &RankedFault::critical);
  return ranking;
}

double carried(const std::vector<RankedFault>& ranking, double share_of_faults) {
  const auto add = [](std::uint64_t sum, const RankedFault& fault) { return sum + fault.critical; };
  const auto first =
      static_cast<std::ptrdiff_t>(std::llround(share_of_faults * static_cast<double>(ranking.size())));
  return share_of(std::accumulate(ranking.begin(), ranking.begin() + first, std::uint64_t{0}, add),
                  std::accumulate(ranking.begin(), ranking.end(), std::uint64_t{0}, add));
}

nlohmann::ordered_json curve_json(const std::vector<RankedFault>& ranking) {
  auto curve = nlohmann::ordered_json::array();
  for (const double part : kShares) {
    curve.push_back({{"bits", part}, {"critical", carried(ranking, part)}});
  }
  return curve;
}

nlohmann::ordered_json worst_json(const std::vector<RankedFault>& ranking, const SiteMap& sites,
                                  const std::function<Site(std::size_t number)>& site_of) {
  auto worst = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < std::min(kWorstInJson, ranking.size()) && ranking[i].critical > 0; ++i) {
    const auto site = site_of(ranking[i].number);
    worst.push_back({{"space", to_string(site.space)},
                     {"layer", site.layer},
                     {"module", site.module},
                     {"index", site.index},
                     {"thresh", site.thresh},
                     {"bit", site.bit},
                     {"copy", site.copy},
                     {"rtl_name", rtl_name(sites.array_of(site), site)},
                     {"critical", ranking[i].critical}});
  }
  return worst;
}

std::string map_csv(const MapResults& map) {
  const bool has_copies = std::ranges::any_of(map.layout().regions(),
                                              [](const MapRegion& region) { return region.copies > 1; });
  std::string text =
      "space,layer,module,index,thresh,bit,masked,tolerable,critical,right_to_wrong,wrong_to_right,"
      "wrong_to_wrong";
  text += has_copies ? ",copy\n" : "\n";
  const auto images = images_done(map);
  for (const auto& region : map.layout().regions()) {
    map.layout().for_each(region, [&](const Site& s, std::size_t number) {
      const auto& c = map.counts()[number];
      fmt::format_to(std::back_inserter(text), "{},{},{},{},{},{},{},{},{},{},{},{}{}\n",
                     to_string(s.space), s.layer, s.module, s.index, s.thresh, s.bit, c.masked(images),
                     c.tolerable(), c.critical(), c.images[1], c.images[2], c.images[3],
                     has_copies ? "," + std::to_string(s.copy) : "");
    });
  }
  return text;
}

std::string map_totals_csv(const MapResults& map) {
  std::string text =
      "space,layer,bits,masked,tolerable,right_to_wrong,wrong_to_right,wrong_to_wrong,"
      "never_critical_bits\n";
  for (const auto& t : map_totals(map)) {
    text +=
        fmt::format("{},{},{},{},{},{},{},{},{}\n", to_string(t.space), t.layer, t.faults, t.masked,
                    t.tolerable, t.right_to_wrong, t.wrong_to_right, t.wrong_to_wrong, t.never_critical);
  }
  return text;
}

std::string map_text(const MapResults& map) {
  const auto totals = map_totals(map);
  const auto& request = map.request();
  const int done = map.images_done();
  auto text =
      fmt::format("{}: {} {}, each inverted in each of {} images from the start; nothing is sampled\n",
                  request.net->name, map.layout().size(), bits_name(map), done);
  if (!request.given.empty()) {
    text += "with these inverted all the time, also in what it is compared with:\n";
    const SiteMap sites(*request.net);
    for (const auto& site : request.given) {
      text += fmt::format("        {} (layer {})\n", name_of(sites, site), site.layer);
    }
  }
  if (done != request.images) {
    text += fmt::format("{} of the {} images asked for; the rest is not in these figures\n", done,
                        request.images);
  }
  text += fmt::format("{:<10} {:>5} {:>9} {:>9} {:>9} {:>9} {:>14}\n", "", "", "", "% AVF", "% SDC", "%",
                      "");
  text += fmt::format("{:<10} {:>5} {:>9} {:>9} {:>9} {:>9} {:>14}\n", "space", "layer", "faults", "any",
                      "critical", "lost", "never critical");
  for (const auto& one : totals) {
    text += totals_row(one, std::to_string(one.layer));
  }
  for (const auto& sum : space_totals(totals)) {
    text += totals_row(sum, "all");
  }
  const auto ranking = ranked_faults(map);
  if (ranking.front().critical == 0) {
    return text + "no fault is critical in any image\n";
  }
  text += fmt::format("share of the {} that carries so much of what is critical:\n", bits_name(map));
  for (const double part : kShares) {
    text += fmt::format("{:>6g} %  {:>6.2f} %\n", 100 * part, 100 * carried(ranking, part));
  }
  text += "most often critical, in images:\n";
  const SiteMap sites(*request.net);
  for (std::size_t i = 0; i < std::min(kWorst, ranking.size()) && ranking[i].critical > 0; ++i) {
    const auto site = map.layout().site(ranking[i].number);
    text += fmt::format("{:>6}  {} (layer {})\n", ranking[i].critical, name_of(sites, site), site.layer);
  }
  return text;
}

nlohmann::ordered_json map_json(const MapResults& map) {
  const auto& request = map.request();
  const auto row = [](const MapTotals& t) {
    return nlohmann::ordered_json{{"space", to_string(t.space)},
                                  {"layer", t.layer},
                                  {"bits", t.faults},
                                  {"masked", t.masked},
                                  {"tolerable", t.tolerable},
                                  {"right_to_wrong", t.right_to_wrong},
                                  {"wrong_to_right", t.wrong_to_right},
                                  {"wrong_to_wrong", t.wrong_to_wrong},
                                  {"never_critical_bits", t.never_critical},
                                  {"avf", t.avf()},
                                  {"critical_share", t.critical_share()}};
  };
  nlohmann::ordered_json data = {{"network", request.net->name}, {"mode", to_string(request.mode)},
                                 {"images", map.images_done()},  {"images_asked", request.images},
                                 {"digest", map.digest()},       {"manifest", map.manifest()}};
  data["given"] = nlohmann::ordered_json::array();
  for (const auto& site : request.given) {
    data["given"].push_back(name_of(SiteMap(*request.net), site));
  }
  const auto totals = map_totals(map);
  data["layers"] = nlohmann::ordered_json::array();
  for (const auto& one : totals) {
    data["layers"].push_back(row(one));
  }
  data["spaces"] = nlohmann::ordered_json::array();
  for (const auto& sum : space_totals(totals)) {
    auto one = row(sum);
    one.erase("layer");
    data["spaces"].push_back(one);
  }
  const auto ranking = ranked_faults(map);
  data["curve"] = curve_json(ranking);
  data["worst"] = worst_json(ranking, SiteMap(*request.net),
                             [&](std::size_t number) { return map.layout().site(number); });
  return data;
}

}  // namespace fluence
