#include "map/buffer_summary.hpp"

#include <fmt/format.h>

#include <iterator>
#include <vector>

namespace fluence {
namespace {

/// Bit-cycles of a region or of several.
struct Sum {
  Space space{};
  std::string layer;
  std::uint64_t bits = 0, all = 0, masked = 0;
  BitCycles of{};

  [[nodiscard]] double share(std::uint64_t part) const {
    return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
  }
  [[nodiscard]] std::uint64_t critical() const { return of[2] + of[3] + of[4]; }
  Sum& operator+=(const Sum& other) {
    bits += other.bits;
    all += other.all;
    masked += other.masked;
    for (std::size_t k = 0; k < of.size(); ++k) {
      of[k] += other.of[k];
    }
    return *this;
  }
};

std::vector<Sum> sums(const BufferMap& map) {
  std::vector<Sum> all;
  const auto& regions = map.layout()->regions();
  for (std::size_t i = 0; i < regions.size(); ++i) {
    all.push_back({regions[i].space, std::to_string(regions[i].layer), regions[i].bits,
                   regions[i].bits * map.request().cycles.cycles(), map.masked(i), map.totals()[i]});
  }
  return all;
}

// Of each space, and behind them of all.
std::vector<Sum> space_sums(const std::vector<Sum>& regions) {
  std::vector<Sum> spaces;
  for (const auto& region : regions) {
    if (spaces.empty() || spaces.back().space != region.space) {
      spaces.push_back({region.space, "all"});
    }
    spaces.back() += region;
  }
  return spaces;
}

Sum whole(const std::vector<Sum>& regions) {
  Sum sum;
  for (const auto& region : regions) {
    sum += region;
  }
  return sum;
}

std::string row(const std::string& space, const Sum& sum, std::uint64_t all) {
  return fmt::format(
      "{:<11} {:>5} {:>9} {:>9.4f} {:>9.4f} {:>9.5f} {:>9.5f} {:>9.5f}\n", space, sum.layer, sum.bits,
      all == 0 ? 0 : 100.0 * static_cast<double>(sum.all) / static_cast<double>(all),
      100 * sum.share(sum.all - sum.masked + sum.of[0]), 100 * sum.share(sum.all - sum.masked),
      100 * sum.share(sum.critical()), 100 * sum.share(sum.of[2]));
}

nlohmann::ordered_json json_row(const Sum& sum) {
  return {{"bits", sum.bits},
          {"bit_cycles", sum.all},
          {"read", sum.all - sum.masked + sum.of[0]},
          {"masked", sum.masked},
          {"tolerable", sum.of[1]},
          {"right_to_wrong", sum.of[2]},
          {"wrong_to_right", sum.of[3]},
          {"wrong_to_wrong", sum.of[4]},
          {"avf", sum.share(sum.all - sum.masked)},
          {"critical_share", sum.share(sum.critical())}};
}

}  // namespace

void buffer_csv(const BufferMap& map, const std::filesystem::path& folder, const TextSink& sink) {
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  std::string text =
      "space,layer,module,index,thresh,bit,masked,tolerable,critical,right_to_wrong,wrong_to_right,"
      "wrong_to_wrong,from,until,weight,image\n";
  const auto images = map.request().images;
  const auto cycles = map.request().cycles;
  const auto add = [&](const Site& s, const BufferEntry& entry) {
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
  };
  for (std::size_t region = 0; region < map.layout()->regions().size(); ++region) {
    for (BufferBits bits(map, folder, region); bits.next();) {
      for (const auto& entry : whole_time(bits.entries(), cycles)) {
        add(bits.site(), entry);
      }
      if (text.size() >= kBlock) {
        sink(text);
        text.clear();
      }
    }
  }
  sink(text);
}

std::string buffer_totals_csv(const BufferMap& map) {
  std::string text =
      "space,layer,bits,cycles,masked,tolerable,right_to_wrong,wrong_to_right,wrong_to_wrong\n";
  for (const auto& sum : sums(map)) {
    text += fmt::format("{},{},{},{},{},{},{},{},{}\n", to_string(sum.space), sum.layer, sum.bits,
                        map.request().cycles.cycles(), sum.masked, sum.of[1], sum.of[2], sum.of[3],
                        sum.of[4]);
  }
  return text;
}

std::string buffer_text(const BufferMap& map) {
  const auto regions = sums(map);
  const auto all = whole(regions);
  const auto& request = map.request();
  auto text = fmt::format(
      "{}: {} bits, each inverted in each of the cycles {} to {} of a run of {} image{}; nothing is "
      "sampled\n",
      request.net->name, all.bits, request.cycles.from, request.cycles.until - 1, request.images,
      request.images == 1 ? "" : "s");
  text += fmt::format("{:<11} {:>5} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}\n", "", "", "", "% of", "%",
                      "% AVF", "% SDC", "%");
  text += fmt::format("{:<11} {:>5} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}\n", "space", "layer", "bits",
                      "upsets", "read", "any", "critical", "lost");
  for (const auto& region : regions) {
    text += row(std::string(to_string(region.space)), region, all.all);
  }
  for (const auto& space : space_sums(regions)) {
    text += row(std::string(to_string(space.space)), space, all.all);
  }
  return text + row("all", all, all.all);
}

nlohmann::ordered_json buffer_json(const BufferMap& map) {
  const auto& request = map.request();
  nlohmann::ordered_json data = {{"network", request.net->name},
                                 {"images", request.images},
                                 {"cycles", {request.cycles.from, request.cycles.until}},
                                 {"digest", map.digest()},
                                 {"manifest", map.manifest()}};
  const auto regions = sums(map);
  data["layers"] = nlohmann::ordered_json::array();
  data["spaces"] = nlohmann::ordered_json::array();
  const auto add = [&](const char* key, const Sum& sum) {
    nlohmann::ordered_json one = {{"space", to_string(sum.space)}};
    if (sum.layer != "all") {
      one["layer"] = std::stoi(sum.layer);
    }
    one.update(json_row(sum));
    data[key].push_back(one);
  };
  for (const auto& region : regions) {
    add("layers", region);
  }
  for (const auto& space : space_sums(regions)) {
    add("spaces", space);
  }
  data["all"] = json_row(whole(regions));
  return data;
}

}  // namespace fluence
