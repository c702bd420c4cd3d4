#include "map/results.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/input_file.hpp"
#include "base/json_text.hpp"
#include "base/output_file.hpp"
#include "campaign/stored_networks.hpp"
#include "map/buffer_results.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view kMagic = "fluence map 1\n";
constexpr std::size_t kDigestBytes = 16;
constexpr std::size_t kMostBytes = std::size_t{4} << 30;

// Bytes of one count: no count is above the number of images.
std::size_t count_bytes(int images) { return images <= 0xffff ? 2 : 4; }

InputError damaged(const fs::path& folder, const std::string& why) {
  return InputError("the map in " + folder.string() + " is damaged (" + why +
                    "): restore the folder from a copy, or remove it and run that map or shard again");
}

// Ascending numbers as "0-199 204".
std::string ranges_text(const std::vector<bool>& set) {
  std::string text;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (set[i]) {
      const auto first = i;
      while (i + 1 < set.size() && set[i + 1]) {
        ++i;
      }
      text += (text.empty() ? "" : " ") + std::to_string(first) + "-" + std::to_string(i);
    }
  }
  return text;
}

std::vector<bool> ranges_of(const json& list, int images) {
  std::vector<bool> set(static_cast<std::size_t>(images));
  for (const auto& range : list) {
    const auto first = range.at(0).get<std::size_t>();
    const auto last = range.at(1).get<std::size_t>();
    for (auto i = first; i <= last; ++i) {
      set.at(i) = true;
    }
  }
  return set;
}

json json_ranges(const std::vector<bool>& set) {
  auto list = json::array();
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (set[i] && (i == 0 || !set[i - 1])) {
      list.push_back({i, i});
    } else if (set[i]) {
      list.back()[1] = i;
    }
  }
  return list;
}

std::string digest_of(std::string_view bytes) {
  Digest digest;
  digest.add(bytes);
  return digest.hex();
}

int number(const Manifest& manifest, const std::string& key, int most, const std::string& where) {
  const auto it = manifest.find(key);
  try {
    if (it != manifest.end()) {
      const int value = std::stoi(it->second);
      if (value >= 0 && value <= most && std::to_string(value) == it->second) {
        return value;
      }
    }
  } catch (const std::logic_error&) {  // of stoi
  }
  throw damaged(where, "its manifest has no good '" + key + "'");
}

std::string text(const Manifest& manifest, const std::string& key, const std::string& where) {
  const auto it = manifest.find(key);
  if (it == manifest.end()) {
    throw damaged(where, "its manifest has no '" + key + "'");
  }
  return it->second;
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

bool has_map(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / kMapFile, ignored);
}

Manifest MapRequest::manifest() const {
  std::vector<std::string_view> names;
  for (const auto space : {Space::weights, Space::thresholds}) {
    if (std::ranges::count(spaces, space) > 0) {
      names.push_back(to_string(space));
    }
  }
  const std::set<int> sorted(layers.begin(), layers.end());
  Manifest manifest = {{"network", net->name},
                       {"mode", std::string(to_string(mode))},
                       {"spaces", fmt::format("{}", fmt::join(names, ","))},
                       {"layers", fmt::format("{}", fmt::join(sorted, ","))},
                       {"count", std::to_string(images)}};
  if (shard.count > 1) {
    manifest["shard"] = shard.text();
  }
  return manifest;
}

MapRequest MapRequest::of(const Manifest& manifest, const std::string& where) {
  MapRequest request;
  request.net = &topology(text(manifest, "network", where));
  request.mode = map_mode_from_string(text(manifest, "mode", where));
  request.spaces.clear();
  for (const auto& name : words(text(manifest, "spaces", where))) {
    request.spaces.push_back(space_from_string(name));
  }
  for (const auto& layer : words(text(manifest, "layers", where))) {
    request.layers.push_back(number({{"layers", layer}}, "layers", 1'000'000, where));
  }
  request.images = number(manifest, "count", kMostImages, where);
  if (const auto it = manifest.find("shard"); it != manifest.end()) {
    request.shard = Shard::parse(it->second);
  }
  return request;
}

MapResults::MapResults(const MapRequest& request, Manifest manifest)
    : request_(request),
      manifest_(std::move(manifest)),
      layout_(*request.net, request.mode, request.spaces, request.layers),
      done_(static_cast<std::size_t>(request.images)),
      counts_(layout_.size()) {
  manifest_.merge(request.manifest());
}

MapResults MapResults::load(const fs::path& folder) {
  if (has_buffer_map(folder) && !has_map(folder)) {
    throw InputError(
        "the map in " + folder.string() +
        " is one of buffers, which only report, merge and digest take: name a map of weights "
        "and thresholds");
  }
  const auto bytes =
      read_file(folder / kMapFile, "the map", "name a folder of 'fluence map'", kMostBytes);
  std::string_view rest(bytes);
  if (!rest.starts_with(kMagic)) {
    throw InputError(rest.starts_with(kMagic.substr(0, 12))
                         ? "the map in " + folder.string() +
                               " has a form that this version does not know: use the one that wrote it"
                         : "there is no map in " + folder.string() + ": name a folder of 'fluence map'");
  }
  if (rest.size() < kMagic.size() + kDigestBytes ||
      digest_of(rest.substr(0, rest.size() - kDigestBytes)) != rest.substr(rest.size() - kDigestBytes)) {
    throw damaged(folder, "its digest is not that of its content");
  }
  rest = rest.substr(kMagic.size(), rest.size() - kMagic.size() - kDigestBytes);
  try {
    const auto head = parse_json<json>(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(rest.find('\n') + 1);
    const auto manifest = head.at("manifest").get<Manifest>();
    know_networks(manifest, folder.string());
    MapResults results(MapRequest::of(manifest, folder.string()), manifest);
    results.done_ = ranges_of(head.at("done"), results.request_.images);
    const auto width = count_bytes(results.request_.images);
    if (rest.size() != results.counts_.size() * kCounted * width) {
      throw damaged(folder, "it has counts of other faults");
    }
    const auto done = static_cast<std::uint64_t>(results.images_done());
    const auto* from = rest.data();
    for (auto& counts : results.counts_) {
      for (auto& count : counts.images) {
        std::memcpy(&count, from, width);  // least significant byte first
        from += width;
      }
      if (std::uint64_t{counts.tolerable()} + counts.images[1] + counts.images[2] + counts.images[3] >
          done) {
        throw damaged(folder, "it says what no map can");
      }
    }
    return results;
  } catch (const InputError&) {
    throw;
  } catch (const std::exception& e) {  // of the JSON
    throw damaged(folder, e.what());
  }
}

void MapResults::save(const fs::path& folder) const {
  std::string bytes(kMagic);
  bytes += json_text(json{{"manifest", manifest_}, {"done", json_ranges(done_)}}) + "\n";
  const auto width = count_bytes(request_.images);
  bytes.reserve(bytes.size() + counts_.size() * kCounted * width + kDigestBytes);
  for (const auto& counts : counts_) {
    for (const auto& count : counts.images) {
      bytes.append(reinterpret_cast<const char*>(&count), width);
    }
  }
  bytes += digest_of(bytes);
  write_file(folder / kMapFile, bytes);
}

int MapResults::images_done() const { return static_cast<int>(std::ranges::count(done_, true)); }

std::vector<int> MapResults::images_left() const {
  std::vector<int> left;
  for (int image = 0; image < request_.images; ++image) {
    if (!is_done(image) && request_.shard.has(image)) {
      left.push_back(image);
    }
  }
  return left;
}

void MapResults::add(std::span<const int> images, std::span<const BlockCounts> block) {
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    counts_[i].add(block[i]);
  }
  for (const int image : images) {
    done_[static_cast<std::size_t>(image)] = true;
  }
}

void MapResults::add(const MapResults& other, const std::string& here, const std::string& there) {
  auto mine = manifest_;
  auto theirs = other.manifest_;
  mine.erase("shard");
  theirs.erase("shard");
  const auto both = here + " and " + there;
  if (const auto key = first_difference(mine, theirs); !key.empty()) {
    throw InputError(both + " are shards of different maps (" + key +
                     " differs): name the shards of one map");
  }
  for (std::size_t image = 0; image < done_.size(); ++image) {
    if (done_[image] && other.done_[image]) {
      throw InputError(both + " both hold image " + std::to_string(image) + ": name each shard once");
    }
    done_[image] = done_[image] || other.done_[image];
  }
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    for (std::size_t k = 0; k < kCounted; ++k) {
      counts_[i].images[k] += other.counts_[i].images[k];
    }
  }
}

void MapResults::become_whole() {
  request_.shard = {};
  manifest_.erase("shard");
}

std::string MapResults::digest() const {
  Digest digest;
  auto request = request_;
  request.shard = {};
  for (const auto& [key, value] : request.manifest()) {
    digest.add(key + "=" + value + "\n");
  }
  digest.add(ranges_text(done_) + "\n");
  for (const auto& counts : counts_) {
    for (std::size_t k = 0; k < kCounted; k += 2) {
      digest.add(counts.images[k] | std::uint64_t{counts.images[k + 1]} << 32);
    }
  }
  return digest.hex();
}

}  // namespace fluence
