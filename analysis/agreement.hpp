// What `fluence verify` has found, kept beside the results it is about.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "campaign/store.hpp"

namespace fluence {

inline constexpr auto kAgreementFile = "verify.json";

/// A comparison of both engines on some of a campaign's trials, or of a map's faults.
struct Agreement {
  int trials = 0;
  std::int64_t images = 0, scores = 0;  ///< of these trials
  std::int64_t upsets = 0;
  std::int64_t fates = 0;                ///< of upsets whose fate both engines know
  std::vector<std::string> differences;  ///< "trial 3 of scenario 1 differs from image 7 on"
  std::uint64_t seed = 0;
  std::string rtl;  ///< networks, each with the digest of its RTL: "NAME 0123456789abcdef, ..."
};

/// Writes `folder`/verify.json. `manifest` is that of the results.
void write_agreement(const std::filesystem::path& folder, const Agreement& agreement,
                     const Manifest& manifest);

/// The file's content; nothing if there is none, or one about other results than those of `manifest`.
/// Throws InputError if it is damaged.
std::optional<nlohmann::ordered_json> read_agreement(const std::filesystem::path& folder,
                                                     const Manifest& manifest);

/// It in words: how many `what` ("trials") were compared, and a line for each that differs.
std::string agreement_text(const nlohmann::ordered_json& agreement, std::string_view what);

}  // namespace fluence
