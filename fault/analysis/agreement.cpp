#include "fault/analysis/agreement.hpp"

#include <algorithm>

#include "fault/input_file.hpp"
#include "fault/output_file.hpp"
#include "network/digest.hpp"
#include "network/error.hpp"

namespace fluence {
namespace {

using Json = nlohmann::ordered_json;

// Says which results these are; the version does not matter, as everywhere.
std::string digest_of(const Manifest& manifest) {
  Digest digest;
  for (const auto& [key, value] : manifest) {
    if (key != "version") {
      digest.add(key + '\0' + value + '\0');
    }
  }
  return digest.hex();
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
  write_file(folder / kAgreementFile, json.dump(1) + "\n");
}

std::optional<Json> read_agreement(const std::filesystem::path& folder, const Manifest& manifest) {
  const auto file = folder / kAgreementFile;
  if (!std::filesystem::exists(file)) {
    return std::nullopt;
  }
  const auto json = Json::parse(read_file(file, "the comparison of the engines"), nullptr, false);
  const auto whole = {"rtl", "seed", "trials", "images", "scores", "upsets", "fates", "mismatches"};
  const bool good = json.is_object() && json.contains("manifest") && json.contains("differences") &&
                    std::ranges::all_of(whole, [&](const char* key) { return json.contains(key); });
  if (!good) {
    throw InputError(file.string() +
                     " is not what 'fluence verify' wrote: delete it and run verify again");
  }
  return json["manifest"] == digest_of(manifest) ? std::optional(json) : std::nullopt;
}

}  // namespace fluence
