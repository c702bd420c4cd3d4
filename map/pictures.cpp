// What the page of a map draws.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "map/buffer_summary.hpp"
#include "map/summary.hpp"
#include "rtl/sites.hpp"

namespace fluence {
namespace {

constexpr std::uint64_t kMostUnits = 0xffff;

std::string base64(const std::string& bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      three = three << 8 | (i + k < bytes.size() ? static_cast<std::uint8_t>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += i + k > bytes.size() ? '=' : kDigits[three >> (18 - 6 * k) & 63];
    }
  }
  return text;
}

// A picture's counts, of 16 bits each, least significant byte first, in steps that are large enough.
class Counts {
 public:
  explicit Counts(std::uint64_t most) : unit_(most / kMostUnits + 1) {}

  void add(std::uint64_t count) {
    const auto units = (count + unit_ - 1) / unit_;
    bytes_ += static_cast<char>(units & 0xff);
    bytes_ += static_cast<char>(units >> 8);
  }
  [[nodiscard]] std::uint64_t unit() const { return unit_; }
  [[nodiscard]] std::string text() const { return base64(bytes_); }

 private:
  std::uint64_t unit_;
  std::string bytes_;
};

}  // namespace

nlohmann::ordered_json map_page_data(const MapResults& map) {
  auto data = map_json(map);
  data["pictures"] = nlohmann::ordered_json::array();
  const SiteMap sites(map.layout().net());
  for (const auto& region : map.layout().regions()) {
    Counts counts(static_cast<std::uint64_t>(map.images_done()));
    for (auto number = region.first; number < region.first + region.size(); ++number) {
      counts.add(map.counts()[number].critical());
    }
    data["pictures"].push_back({{"space", to_string(region.space)},
                                {"layer", region.layer},
                                {"rows", region.copies * region.neurons},
                                {"neurons", region.neurons},
                                {"columns", region.neuron_faults()},
                                {"words", region.words},
                                {"word_faults", region.word_faults},
                                {"fault_bits", map.layout().fault_bits()},
                                {"pe", map.layout().net().layer(region.layer).pe},
                                {"rtl_name", sites.array_of(map.layout().site(region.first)).rtl_name},
                                {"unit", counts.unit()},
                                {"counts", counts.text()}});
  }
  return data;
}

nlohmann::ordered_json buffer_page_data(const BufferMap& map, const std::filesystem::path& folder) {
  auto data = buffer_json(map);
  const auto cycles = map.request().cycles.cycles();
  std::vector<RankedFault> ranking;
  std::vector<Site> sites;
  data["pictures"] = nlohmann::ordered_json::array();
  const auto& regions = map.layout()->regions();
  for (std::size_t i = 0; i < regions.size(); ++i) {
    BufferBits bits(map, folder, i);
    for (const auto* array : regions[i].arrays) {
      Counts counts(cycles);
      for (std::uint64_t bit = 0; bit < array->bit_count() && bits.next(); ++bit) {
        std::uint64_t critical = 0;
        std::uint64_t changing = 0;
        for (const auto& entry : bits.entries()) {
          changing += entry.span.cycles();
          critical += entry.consequence == Consequence::tolerable ? 0 : entry.span.cycles();
        }
        counts.add(changing);
        ranking.push_back({sites.size(), critical});
        sites.push_back(bits.site());
      }
      if (array->words * array->modules <= 2) {
        continue;  // a register, or a FIFO of two: nothing to be seen
      }
      data["pictures"].push_back({{"space", to_string(array->space)},
                                  {"layer", array->layer},
                                  {"rows", array->modules * array->words},
                                  {"columns", array->bits},
                                  {"words", array->words},
                                  {"rtl_name", array->rtl_name},
                                  {"unit", counts.unit()},
                                  {"counts", counts.text()}});
    }
  }
  std::ranges::stable_sort(ranking, std::ranges::greater(), &RankedFault::critical);
  data["curve"] = curve_json(ranking);
  data["worst"] =
      worst_json(ranking, map.layout()->sites(), [&](std::size_t number) { return sites[number]; });
  return data;
}

}  // namespace fluence
