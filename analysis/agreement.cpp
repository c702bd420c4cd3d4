#include "analysis/agreement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

#include "base/error.hpp"
#include "base/input_file.hpp"
#include "base/json_number.hpp"
#include "base/json_text.hpp"
#include "base/output_file.hpp"
#include "base/text.hpp"
#include "campaign/provenance.hpp"
#include "network/topology.hpp"

namespace fluence {
namespace {

using Json = nlohmann::ordered_json;

// Whether every image of the campaign has as many scores as any other, whatever its network.
bool have_equal_rows(const Manifest& manifest) {
  std::set<int> rows;
  for (const auto& [key, value] : manifest) {
    if (key.starts_with("params ")) {
      rows.insert(topology(key.substr(7)).scores());
    }
  }
  return rows.size() <= 1;
}

// Whether the values are of the right kind and go together. `equal_rows`: see above.
bool is_agreement(const Json& json, bool equal_rows) {
  if (!json.is_object() || !json.contains("differences") || !json["differences"].is_array()) {
    return false;
  }
  const auto is_text = [](const Json& value) { return value.is_string(); };
  const auto count = [&](const char* key) {
    return json.contains(key) ? whole_number(json[key], 0, INT64_MAX).value_or(-1) : -1;
  };
  const auto keys = {"seed", "trials", "images", "scores", "upsets", "fates", "mismatches"};
  return json.contains("manifest") && is_text(json["manifest"]) && json.contains("rtl") &&
         is_text(json["rtl"]) && std::ranges::all_of(json["differences"], is_text) &&
         std::ranges::all_of(keys, [&](const char* key) { return count(key) >= 0; }) &&
         (equal_rows ? count("scores") % std::max<std::int64_t>(count("images"), 1) == 0
                     : count("scores") >= count("images")) &&
         count("fates") <= count("upsets") && count("mismatches") <= count("trials") &&
         count("mismatches") == std::ssize(json["differences"]);
}

}  // namespace

void write_agreement(const std::filesystem::path& folder, const Agreement& agreement,
                     const Manifest& manifest) {
  const Json json{{"manifest", inputs_digest(manifest)},
                  {"rtl", agreement.rtl},
                  {"seed", agreement.seed},
                  {"trials", agreement.trials},
                  {"images", agreement.images},
                  {"scores", agreement.scores},
                  {"upsets", agreement.upsets},
                  {"fates", agreement.fates},
                  {"mismatches", agreement.differences.size()},
                  {"differences", agreement.differences}};
  write_file(folder / kAgreementFile, json_text(json, 1) + "\n");
}

std::optional<Json> read_agreement(const std::filesystem::path& folder, const Manifest& manifest) {
  const auto file = folder / kAgreementFile;
  if (!std::filesystem::exists(file)) {
    return std::nullopt;
  }
  const auto text = read_file(file, "the comparison of the engines");
  try {
    auto json = parse_json<Json>(text);
    if (is_agreement(json, have_equal_rows(manifest))) {
      return json["manifest"] == inputs_digest(manifest) ? std::optional(std::move(json)) : std::nullopt;
    }
  } catch (const Json::exception&) {
  } catch (const std::length_error&) {
  }
  throw InputError(file.string() +
                   " is not what 'fluence verify' wrote: delete it and run verify again");
}

std::string agreement_text(const Json& agreement, std::string_view what) {
  const auto count = [&](const char* key) { return agreement[key].get<std::int64_t>(); };
  auto out = fmt::format(
      "the engines: {} {} compared with RTL {}: {} scores of {} images, {} upsets with {} fates; {}\n",
      count("trials"), what, agreement["rtl"].get<std::string>(), count("scores"), count("images"),
      count("upsets"), count("fates"),
      count("mismatches") == 0 ? "all equal" : fmt::format("{} {} differ", count("mismatches"), what));
  for (const auto& difference : agreement["differences"]) {
    out += printable(difference.get<std::string>()) + "\n";
  }
  return out;
}

}  // namespace fluence
