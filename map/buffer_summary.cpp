#include "map/buffer_summary.hpp"

#include <fmt/format.h>

#include <iterator>
#include <numeric>
#include <vector>

namespace fluence {
namespace {

MapTotals whole(const std::vector<MapTotals>& regions) {
  MapTotals sum;
  for (const auto& region : regions) {
    sum += region;
  }
  return sum;
}

std::string row(const std::string& space, const std::string& layer, const MapTotals& sum,
                std::uint64_t all) {
  return fmt::format("{:<11} {:>5} {:>9} {:>9.4f} {:>9.4f} {:>9.5f} {:>9.5f} {:>9.5f}\n", space, layer,
                     sum.faults, 100 * share_of(sum.images(), all),
                     100 * share_of(sum.read, sum.images()), 100 * sum.avf(), 100 * sum.critical_share(),
                     100 * share_of(sum.right_to_wrong, sum.images()));
}

nlohmann::ordered_json json_row(const MapTotals& sum) {
  return {{"bits", sum.faults},
          {"bit_cycles", sum.images()},
          {"read", sum.read},
          {"masked", sum.masked},
          {"tolerable", sum.tolerable},
          {"right_to_wrong", sum.right_to_wrong},
          {"wrong_to_right", sum.wrong_to_right},
          {"wrong_to_wrong", sum.wrong_to_wrong},
          {"avf", sum.avf()},
          {"critical_share", sum.critical_share()}};
}

}  // namespace

std::vector<MapTotals> buffer_totals(const BufferMap& map) {
  std::vector<MapTotals> all;
  const auto& regions = map.layout()->regions();
  for (std::size_t i = 0; i < regions.size(); ++i) {
    const auto& of = map.totals()[i];
    MapTotals sum{
        regions[i].space, regions[i].layer, regions[i].bits, map.masked(i), of[1], of[2], of[3], of[4]};
    sum.read = std::accumulate(of.begin(), of.end(), std::uint64_t{0});
    all.push_back(sum);
  }
  return all;
}

void for_each_span(const BufferMap& map, const std::filesystem::path& folder,
                   const std::function<void(const Site&, const BufferEntry&)>& visit) {
  for (std::size_t region = 0; region < map.layout()->regions().size(); ++region) {
    for (BufferBits bits(map, folder, region); bits.next();) {
      for (const auto& entry : whole_time(bits.entries(), map.request().cycles)) {
        visit(bits.site(), entry);
      }
    }
  }
}

void buffer_csv(const BufferMap& map, const std::filesystem::path& folder, const TextSink& sink) {
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  std::string text =
      "space,layer,module,index,thresh,bit,masked,tolerable,critical,right_to_wrong,wrong_to_right,"
      "wrong_to_wrong,from,until,weight,image\n";
  const auto images = map.request().images;
  for_each_span(map, folder, [&](const Site& s, const BufferEntry& entry) {
    const auto is = [&](Consequence other) { return entry.consequence == other ? 1 : 0; };
    const int critical = is(Consequence::right_to_wrong) + is(Consequence::wrong_to_right) +
                         is(Consequence::wrong_to_wrong);
    const int tolerable = is(Consequence::tolerable);
    fmt::format_to(std::back_inserter(text), "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                   to_string(s.space), s.layer, s.module, s.index, s.thresh, s.bit,
                   images - critical - tolerable, tolerable, critical, is(Consequence::right_to_wrong),
                   is(Consequence::wrong_to_right), is(Consequence::wrong_to_wrong), entry.span.from,
                   entry.span.until, entry.span.cycles(),
                   critical + tolerable == 0 ? std::string() : std::to_string(entry.image));
    if (text.size() >= kBlock) {
      sink(text);
      text.clear();
    }
  });
  sink(text);
}

std::string buffer_totals_csv(const BufferMap& map) {
  std::string text =
      "space,layer,bits,cycles,masked,tolerable,right_to_wrong,wrong_to_right,wrong_to_wrong\n";
  for (const auto& sum : buffer_totals(map)) {
    text += fmt::format("{},{},{},{},{},{},{},{},{}\n", to_string(sum.space), sum.layer, sum.faults,
                        map.request().cycles.cycles(), sum.masked, sum.tolerable, sum.right_to_wrong,
                        sum.wrong_to_right, sum.wrong_to_wrong);
  }
  return text;
}

std::string buffer_text(const BufferMap& map) {
  const auto regions = buffer_totals(map);
  const auto all = whole(regions);
  const auto& request = map.request();
  auto text = fmt::format(
      "{}: {} bits, each inverted in each of the cycles {} to {} of a run of {} image{}; nothing is "
      "sampled\n",
      request.net->name, all.faults, request.cycles.from, request.cycles.until - 1, request.images,
      request.images == 1 ? "" : "s");
  text += fmt::format("{:<11} {:>5} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}\n", "", "", "", "% of", "%",
                      "% AVF", "% SDC", "%");
  text += fmt::format("{:<11} {:>5} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}\n", "space", "layer", "bits",
                      "upsets", "read", "any", "critical", "lost");
  for (const auto& region : regions) {
    text +=
        row(std::string(to_string(region.space)), std::to_string(region.layer), region, all.images());
  }
  for (const auto& space : space_totals(regions)) {
    text += row(std::string(to_string(space.space)), "all", space, all.images());
  }
  return text + row("all", "", all, all.images());
}

nlohmann::ordered_json buffer_json(const BufferMap& map) {
  const auto& request = map.request();
  nlohmann::ordered_json data = {{"network", request.net->name},
                                 {"images", request.images},
                                 {"cycles", {request.cycles.from, request.cycles.until}},
                                 {"digest", map.digest()},
                                 {"manifest", map.manifest()}};
  const auto regions = buffer_totals(map);
  data["layers"] = nlohmann::ordered_json::array();
  data["spaces"] = nlohmann::ordered_json::array();
  for (const auto& region : regions) {
    nlohmann::ordered_json one = {{"space", to_string(region.space)}, {"layer", region.layer}};
    one.update(json_row(region));
    data["layers"].push_back(one);
  }
  for (const auto& space : space_totals(regions)) {
    nlohmann::ordered_json one = {{"space", to_string(space.space)}};
    one.update(json_row(space));
    data["spaces"].push_back(one);
  }
  data["all"] = json_row(whole(regions));
  return data;
}

}  // namespace fluence
