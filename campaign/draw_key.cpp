#include "campaign/draw_key.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/error.hpp"

namespace fluence {
namespace {

// Share of plain trials where none is stated, and the least: a trial then stands for at most so many.
constexpr double kPlain = 0.2;
constexpr double kLeastPlain = 0.01;
constexpr std::size_t kDigestDigits = 16;

bool is_digest(std::string_view text) {
  return text.size() == kDigestDigits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

}  // namespace

DrawMaps read_maps(toml::table& root, const std::filesystem::path& file, const MapReader& reader) {
  DrawMaps maps;
  auto* parts = root["part"].as_array();
  for (std::size_t i = 0; parts != nullptr && i < parts->size(); ++i) {
    auto* part = parts->get_as<toml::table>(i);
    auto* draw = part == nullptr ? nullptr : part->get_as<toml::table>("draw");
    if (draw == nullptr || !draw->contains("map")) {
      continue;  // whoever reads the part says what is wrong
    }
    toml::array digests;
    TomlTable(*draw, file.string()).each("map", [&](const toml::node& node) {
      const auto stated = as_text(node);
      if (!reader) {
        if (!is_digest(stated)) {
          throw InputError("a map's folder is not read here: 'fluence run' draws by it");
        }
        digests.push_back(stated);
        return;
      }
      const auto map = reader((file.parent_path() / stated).lexically_normal());
      maps.emplace(map->digest(), map);
      digests.push_back(map->digest());
    });
    draw->insert_or_assign("map", digests);
  }
  return maps;
}

std::string Preference::text() const {
  return by_map() ? fmt::format("map {} plain {}", fmt::join(digests, "+"), plain) : "";
}

std::shared_ptr<const Importance> Preference::of(const Scenario& scenario) const {
  if (maps.empty()) {
    return nullptr;
  }
  const auto& plan = scenario.draw_plan;
  const auto it = std::ranges::find_if(maps, [&](const auto& map) {
    return map->net().name == scenario.net->name && map->word_size() == plan.word_size &&
           map->kind() == plan.kind;
  });
  if (it == maps.end()) {
    throw InputError("none of the maps to draw by is one of " + scenario.net->name + " and mode " +
                     scenario.mode() + ": name one, or leave 'draw' out");
  }
  return *it;
}

Preference read_preference(TomlTable& part, const DrawMaps& maps) {
  Preference preference;
  if (!part.has("draw")) {
    return preference;
  }
  const toml::table* draw = nullptr;
  part.value("draw", [&](const toml::node& node) {
    draw = node.as_table();
    const auto word = node.is_string() ? node.as_string()->get() : "";
    preference.common = word == "common";
    if (draw == nullptr && word != "own" && !preference.common) {
      throw InputError("use \"own\", \"common\" or { map = \"FOLDER\" }");
    }
  });
  if (draw == nullptr) {
    return preference;
  }
  TomlTable table(*draw, part.file());
  preference.plain = kPlain;
  table.each("map", [&](const toml::node& digest) {
    preference.digests.push_back(as_text(digest));
    if (const auto it = maps.find(preference.digests.back()); it != maps.end()) {
      preference.maps.push_back(it->second);
    }
  });
  if (table.has("plain")) {
    table.value("plain", [&](const toml::node& share) {
      preference.plain = share.is_number() ? *share.value<double>() : 0;
      if (!(preference.plain >= kLeastPlain && preference.plain <= 1)) {
        throw InputError(
            fmt::format("a share of trials is wanted, a number from {} to 1: correct it", kLeastPlain));
      }
    });
  }
  table.reject_unknown();
  return preference;
}

}  // namespace fluence
