#include "map/stored_map.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "base/digest.hpp"
#include "base/input_file.hpp"
#include "base/output_file.hpp"
#include "network/images.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDigestBytes = 16;
constexpr std::size_t kMostBytes = std::size_t{4} << 30;

std::string digest_of(std::string_view bytes) {
  Digest digest;
  digest.add(bytes);
  return digest.hex();
}

int number(const std::string& text, const std::string& key, int most, const std::string& where) {
  try {
    const int value = std::stoi(text);
    if (value >= 0 && value <= most && std::to_string(value) == text) {
      return value;
    }
  } catch (const std::logic_error&) {  // of stoi
  }
  throw damaged_map(where, "its manifest has no good '" + key + "'");
}

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> result;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(',', at), text.size());
    result.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return result;
}

}  // namespace

Manifest MapScope::scope_manifest() const {
  std::vector<std::string_view> names;
  for (const auto space : kSpaces) {
    if (std::ranges::count(spaces, space) > 0) {
      names.push_back(to_string(space));
    }
  }
  const std::set<int> sorted(layers.begin(), layers.end());
  Manifest manifest = {{"network", net->name},
                       {"spaces", fmt::format("{}", fmt::join(names, ","))},
                       {"layers", fmt::format("{}", fmt::join(sorted, ","))},
                       {"count", std::to_string(images)}};
  if (shard.count > 1) {
    manifest["shard"] = shard.text();
  }
  return manifest;
}

MapScope MapScope::scope_of(const Manifest& manifest, const std::string& where) {
  MapScope scope;
  scope.net = &topology(manifest_text(manifest, "network", where));
  for (const auto& name : words(manifest_text(manifest, "spaces", where))) {
    scope.spaces.push_back(space_from_string(name));
  }
  for (const auto& layer : words(manifest_text(manifest, "layers", where))) {
    scope.layers.push_back(number(layer, "layers", 1'000'000, where));
  }
  scope.images = number(manifest_text(manifest, "count", where), "count", kMostImages, where);
  if (const auto it = manifest.find("shard"); it != manifest.end()) {
    scope.shard = Shard::parse(it->second);
  }
  return scope;
}

std::string manifest_text(const Manifest& manifest, const std::string& key, const std::string& where) {
  const auto it = manifest.find(key);
  if (it == manifest.end()) {
    throw damaged_map(where, "its manifest has no '" + key + "'");
  }
  return it->second;
}

InputError damaged_map(const std::string& where, const std::string& why) {
  return InputError("the map in " + where + " is damaged (" + why +
                    "): restore the folder from a copy, or remove it and run that map or shard again");
}

void write_map_file(const fs::path& file, std::string_view magic, std::string_view content) {
  std::string bytes;
  bytes.reserve(magic.size() + content.size() + kDigestBytes);
  bytes.append(magic).append(content);
  bytes += digest_of(bytes);
  write_file(file, bytes);
}

std::string read_map_file(const fs::path& file, std::string_view magic) {
  auto bytes = read_file(file, "the map", "name a folder of 'fluence map'", kMostBytes);
  const auto where = file.parent_path().string();
  if (!bytes.starts_with(magic)) {
    throw InputError(bytes.starts_with(magic.substr(0, magic.rfind(' ') + 1))
                         ? "the map in " + where +
                               " has a form that this version does not know: use the one that wrote it"
                         : "there is no map in " + where + ": name a folder of 'fluence map'");
  }
  const std::string_view all(bytes);
  if (all.size() < magic.size() + kDigestBytes ||
      digest_of(all.substr(0, all.size() - kDigestBytes)) != all.substr(all.size() - kDigestBytes)) {
    throw damaged_map(where, "its digest is not that of its content");
  }
  bytes.resize(bytes.size() - kDigestBytes);
  bytes.erase(0, magic.size());
  return bytes;
}

void require_all_images(int done, int images, const std::string& folder) {
  if (done != images) {
    throw InputError(fmt::format(
        "the map in {} has {} of its {} images: finish it with the command that began it, or merge its "
        "shards",
        folder, done, images));
  }
}

void require_same_map(Manifest one, Manifest other, const std::string& both) {
  one.erase("shard");
  other.erase("shard");
  if (const auto key = first_difference(one, other); !key.empty()) {
    throw InputError(both + " are shards of different maps (" + key +
                     " differs): name the shards of one map");
  }
}

void ShardChecks::add(const fs::path& folder, Shard shard, std::size_t images_left) {
  for (const auto& other : parts_) {
    const auto both = other.folder.string() + " and " + folder.string();
    if (other.shard.count != shard.count) {
      throw InputError(both + " are parts of different divisions (" + other.shard.text() + " and " +
                       shard.text() + "): name shards that were run with the same n");
    }
    if (other.shard.index == shard.index) {
      throw InputError(both + " are the same shard, " + shard.text() + ": name each once");
    }
  }
  if (images_left > 0) {
    throw InputError("shard " + shard.text() + " in " + folder.string() + " is unfinished (" +
                     std::to_string(images_left) +
                     " images are missing): run the same command to resume it");
  }
  parts_.push_back({folder, shard});
}

void ShardChecks::end() const {
  const int count = parts_.front().shard.count;
  for (int i = 0; i < count; ++i) {
    if (std::ranges::count(parts_, i, [](const Part& part) { return part.shard.index; }) == 0) {
      throw InputError("shard " + Shard{i, count}.text() +
                       " of the map is missing: run it with --shard " + Shard{i, count}.text() +
                       ", or name its folder too");
    }
  }
}

}  // namespace fluence
