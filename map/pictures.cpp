// What the page of a map draws.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "map/summary.hpp"
#include "rtl/sites.hpp"

namespace fluence {
namespace {

constexpr std::uint32_t kMostUnits = 0xffff;

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

}  // namespace

nlohmann::ordered_json map_page_data(const MapResults& map) {
  auto data = map_json(map);
  data["pictures"] = nlohmann::ordered_json::array();
  const SiteMap sites(map.layout().net());
  // A step of the pictures' 16-bit counts, in images.
  const auto unit = static_cast<std::uint32_t>(map.images_done()) / kMostUnits + 1;
  for (const auto& region : map.layout().regions()) {
    std::string counts;
    counts.reserve(2 * region.size());
    for (auto number = region.first; number < region.first + region.size(); ++number) {
      const auto critical = (map.counts()[number].critical() + unit - 1) / unit;
      counts += static_cast<char>(critical & 0xff);
      counts += static_cast<char>(critical >> 8);
    }
    data["pictures"].push_back({{"space", to_string(region.space)},
                                {"layer", region.layer},
                                {"rows", region.neurons},
                                {"columns", region.neuron_faults()},
                                {"words", region.words},
                                {"word_faults", region.word_faults},
                                {"fault_bits", map.layout().fault_bits()},
                                {"pe", map.layout().net().layer(region.layer).pe},
                                {"rtl_name", sites.array_of(map.layout().site(region.first)).rtl_name},
                                {"unit", unit},
                                {"critical", base64(counts)}});
  }
  return data;
}

}  // namespace fluence
