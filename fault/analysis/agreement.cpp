#include "fault/analysis/agreement.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "fault/campaign/provenance.hpp"
#include "fault/input_file.hpp"
#include "fault/json_text.hpp"
#include "fault/output_file.hpp"
#include "network/digest.hpp"
#include "network/error.hpp"

namespace fluence {
namespace {

using Json = nlohmann::ordered_json;

// Says which results these are; where they come from does not matter, as everywhere.
std::string digest_of(const Manifest& manifest) {
  Digest digest;
  for (const auto& [key, value] : manifest) {
    if (!is_provenance(key)) {
      digest.add(key + '\0' + value + '\0');
    }
  }
  return digest.hex();
}

// Whether all keys are there, with values of the right kinds.
bool is_agreement(const Json& json) {
  const auto has = [&](const char* key, auto is_right) {
    return json.contains(key) && is_right(json[key]);
  };
  const auto is_text = [](const Json& value) { return value.is_string(); };
  const auto is_count = [](const Json& value) { return value.is_number_integer() && value >= 0; };
  const auto is_list = [&](const Json& value) {
    return value.is_array() && std::ranges::all_of(value, is_text);
  };
  const auto counts = {"seed", "trials", "images", "scores", "upsets", "fates", "mismatches"};
  return json.is_object() && has("manifest", is_text) && has("rtl", is_text) &&
         has("differences", is_list) &&
         std::ranges::all_of(counts, [&](const char* key) { return has(key, is_count); });
}

}  // namespace

void write_agreement(const std::filesystem::path& folder, const Agreement& agreement,
                     const Manifest& manifest) {
  const Json json{{"manifest", digest_of(manifest)},
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
    if (is_agreement(json)) {
      return json["manifest"] == digest_of(manifest) ? std::optional(std::move(json)) : std::nullopt;
    }
  } catch (const Json::exception&) {
  } catch (const std::length_error&) {
  }
  throw InputError(file.string() +
                   " is not what 'fluence verify' wrote: delete it and run verify again");
}

}  // namespace fluence
