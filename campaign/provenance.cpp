#include "campaign/provenance.hpp"

#include <array>
#include <system_error>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;

constexpr std::array kProvenance = {"version", "rtl", "schedule", "params", "images", "firmware"};

bool is_file_or_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) || fs::is_directory(path, ignored);
}

std::string from_here(const fs::path& path) {
  const auto relative = path.lexically_relative(fs::current_path());
  return shell_path(relative.empty() || *relative.begin() == ".." ? path : relative);
}

}  // namespace

std::string provenance(const Manifest& manifest) {
  std::string text;
  for (const std::string kind : kProvenance) {
    for (const auto& [key, value] : manifest) {
      if (key == kind || key.starts_with(kind + " ")) {
        text += (text.empty() ? "" : ", ") + key + " " + value;
      }
    }
  }
  return text;
}

bool is_provenance(std::string_view key) {
  return key == "version" || key == "study" || key.starts_with("given ");
}

std::string inputs_digest(const Manifest& manifest) {
  Digest digest;
  for (const auto& [key, value] : manifest) {
    if (!is_provenance(key)) {
      digest.add(key + '\0' + value + '\0');
    }
  }
  return digest.hex();
}

void require_own_rtl(const Manifest& manifest, const std::string& folder) {
  if (manifest.contains("rtl")) {
    throw InputError(
        "the results in " + folder +
        " name one digest for the RTL of all networks, as earlier versions did, and cannot be "
        "compared with the RTL at hand: report reads them; to go on, run the campaign again "
        "into another folder");
  }
}

std::string lasting_path(const fs::path& path) {
  std::error_code error;
  const auto absolute = fs::canonical(path, error);
  return error || !is_file_or_folder(absolute) ? "" : absolute.string();
}

std::optional<std::string> input_options(const Manifest& manifest) {
  const auto params = manifest.find(kGivenParams);
  const auto images = manifest.find(kGivenImages);
  if (params == manifest.end() || images == manifest.end()) {
    return std::nullopt;  // of a version that did not keep them
  }
  if (params->second == kEmbedded && images->second == kEmbedded) {
    return "";
  }
  if (!is_file_or_folder(params->second) || !is_file_or_folder(images->second)) {
    return std::nullopt;
  }
  return " --params " + from_here(params->second) + " --images " + from_here(images->second);
}

}  // namespace fluence
