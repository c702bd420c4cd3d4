#include "map/results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/json_text.hpp"
#include "campaign/stored_networks.hpp"
#include "map/buffer_results.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view kMapMagic = "fluence map 1\n";

// "weights 3 1 17 0 5, ..."
std::string sites_text(const std::vector<Site>& sites) {
  std::string text;
  for (const auto& s : sites) {
    text += fmt::format("{}{} {} {} {} {} {}", text.empty() ? "" : ", ", to_string(s.space), s.layer,
                        s.module, s.index, s.thresh, s.bit);
  }
  return text;
}

std::vector<Site> sites_of(const std::string& text, const std::string& where) {
  std::vector<Site> sites;
  std::istringstream all(text);
  for (std::string one; std::getline(all, one, ',');) {
    std::istringstream in(one);
    std::string space;
    Site site;
    if (!(in >> space >> site.layer >> site.module >> site.index >> site.thresh >> site.bit)) {
      throw damaged_map(where, "its manifest has no good 'given'");
    }
    site.space = space_from_string(space);
    sites.push_back(site);
  }
  return sites;
}

// Bytes of one count: no count is above the number of images.
std::size_t count_bytes(int images) { return images <= 0xffff ? 2 : 4; }

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

}  // namespace

bool has_map(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / kMapFile, ignored);
}

Manifest MapRequest::manifest() const {
  auto manifest = scope_manifest();
  manifest["mode"] = to_string(mode);
  if (!given.empty()) {
    manifest["given"] = sites_text(given);
  }
  return manifest;
}

std::vector<Fault> MapRequest::given_faults() const {
  std::vector<Fault> faults;
  for (const auto& site : given) {
    Fault fault;
    fault.before_image = 0;
    fault.site = site;
    faults.push_back(fault);
  }
  return faults;
}

MapRequest MapRequest::of(const Manifest& manifest, const std::string& where) {
  MapRequest request;
  static_cast<MapScope&>(request) = scope_of(manifest, where);
  request.mode = map_mode_from_string(manifest_text(manifest, "mode", where));
  if (const auto given = manifest.find("given"); given != manifest.end()) {
    request.given = sites_of(given->second, where);
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
    throw InputError("the map in " + folder.string() +
                     " is one of buffers: name one of weights and thresholds");
  }
  const auto content = read_map_file(folder / kMapFile, kMapMagic);
  std::string_view rest(content);
  try {
    const auto head = parse_json<json>(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(rest.find('\n') + 1);
    const auto manifest = head.at("manifest").get<Manifest>();
    know_networks(manifest, folder.string());
    MapResults results(MapRequest::of(manifest, folder.string()), manifest);
    results.done_ = ranges_of(head.at("done"), results.request_.images);
    const auto width = count_bytes(results.request_.images);
    if (rest.size() != results.counts_.size() * kCounted * width) {
      throw damaged_map(folder.string(), "it has counts of other faults");
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
        throw damaged_map(folder.string(), "it says what no map can");
      }
    }
    return results;
  } catch (const InputError&) {
    throw;
  } catch (const std::exception& e) {  // of the JSON
    throw damaged_map(folder.string(), e.what());
  }
}

void MapResults::save(const fs::path& folder) const {
  auto bytes = json_text(json{{"manifest", manifest_}, {"done", json_ranges(done_)}}) + "\n";
  const auto width = count_bytes(request_.images);
  bytes.reserve(bytes.size() + counts_.size() * kCounted * width);
  for (const auto& counts : counts_) {
    for (const auto& count : counts.images) {
      bytes.append(reinterpret_cast<const char*>(&count), width);
    }
  }
  write_map_file(folder / kMapFile, kMapMagic, bytes);
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
  const auto both = here + " and " + there;
  require_same_map(manifest_, other.manifest_, both);
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
