#include "map/buffer_results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/json_text.hpp"
#include "campaign/manifest.hpp"
#include "campaign/stored_networks.hpp"
#include "map/results.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view kBufferMagic = "fluence buffer map 1\n";

fs::path image_file(const fs::path& folder, int image) {
  return folder / fmt::format("image-{:06}.bin", image);
}

// Seven bits a byte, the lowest first; the last byte's top bit is 0.
void put(std::string& to, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) {
    to += static_cast<char>(number | 0x80);
  }
  to += static_cast<char>(number);
}

std::uint64_t take_number(std::string_view& from) {
  std::uint64_t number = 0;
  for (int shift = 0; shift < 64 && !from.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    number |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) {
      return number;
    }
  }
  throw std::runtime_error("it ends early");
}

std::uint64_t cycle_of(const std::string& text, const std::string& where) {
  std::uint64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end) {
    throw damaged_map(where, "its manifest has no good 'cycles'");
  }
  return number;
}

// The content of an image's file: how long each region's bytes are, and these.
std::vector<std::string_view> regions_in(std::string_view content, std::size_t count) {
  std::vector<std::uint64_t> sizes;
  for (std::size_t i = 0; i < count; ++i) {
    sizes.push_back(take_number(content));
  }
  std::vector<std::string_view> regions;
  for (const auto size : sizes) {
    if (size > content.size()) {
      throw std::runtime_error("it ends early");
    }
    regions.push_back(content.substr(0, size));
    content.remove_prefix(size);
  }
  if (!content.empty()) {
    throw std::runtime_error("it has more than its regions");
  }
  return regions;
}

}  // namespace

bool has_buffer_map(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / kBufferMapFile, ignored);
}

bool has_any_map(const fs::path& folder) { return has_map(folder) || has_buffer_map(folder); }

bool is_buffer(Space space) {
  return !is_parameter(space) && space != Space::read && space != Space::control;
}

Manifest BufferRequest::manifest() const {
  auto manifest = scope_manifest();
  manifest["cycles"] = fmt::format("{}:{}", cycles.from, cycles.until);
  return manifest;
}

BufferRequest BufferRequest::of(const Manifest& manifest, const std::string& where) {
  BufferRequest request;
  static_cast<MapScope&>(request) = scope_of(manifest, where);
  const auto text = manifest_text(manifest, "cycles", where);
  const auto colon = std::min(text.find(':'), text.size());
  request.cycles = {cycle_of(text.substr(0, colon), where),
                    cycle_of(text.substr(std::min(colon + 1, text.size())), where)};
  return request;
}

BufferLayout::BufferLayout(const Topology& net, const std::vector<Space>& spaces,
                           const std::vector<int>& layers)
    : sites_(net) {
  for (const auto space : spaces) {
    if (!is_buffer(space)) {
      throw InputError(
          space == Space::control
              ? std::string("control is in no map, for what a flip there does follows from no schedule: "
                            "draw faults in it at random by 'fluence run'")
          : space == Space::read
              ? std::string("registers of memories are in no map, for they hold another word in each "
                            "cycle: draw faults in them at random by 'fluence run'")
              : std::string("weights and thresholds are mapped from the start and buffers at cycles: "
                            "make a map of each"));
    }
  }
  for (const int layer : layers) {
    if (layer < 0 || layer >= static_cast<int>(net.layers.size())) {
      throw InputError("network " + net.name + " has no layer " + std::to_string(layer) +
                       ": its last one is " + std::to_string(net.layers.size() - 1));
    }
  }
  for (const auto& array : sites_.arrays()) {
    if (std::ranges::count(spaces, array.space) == 0 ||
        (!layers.empty() && std::ranges::count(layers, array.layer) == 0)) {
      continue;
    }
    if (regions_.empty() || regions_.back().space != array.space ||
        regions_.back().layer != array.layer) {
      regions_.push_back({array.space, array.layer, {}, 0});
    }
    regions_.back().arrays.push_back(&array);
    regions_.back().bits += array.bit_count();
  }
  if (regions_.empty()) {
    throw InputError("there is nothing to map in these spaces and layers: name others");
  }
}

std::uint64_t BufferLayout::bits() const {
  std::uint64_t bits = 0;
  for (const auto& region : regions_) {
    bits += region.bits;
  }
  return bits;
}

RegionWriter::RegionWriter(const BufferRegion& region, CycleRange cycles)
    : region_(&region), cycles_(cycles) {}

void RegionWriter::end_words(std::size_t until) {
  const auto bits = static_cast<std::size_t>(region_->arrays[array_]->bits);
  word_bits_.resize(bits);
  for (; word_ < until; ++word_) {
    for (auto& entries : word_bits_) {
      put(entries_, entries.size());
      std::uint64_t before = 0;
      for (const auto& [span, consequence, image] : entries) {
        put(entries_, span.from - before);
        put(entries_, span.cycles() * kCounted + static_cast<std::uint64_t>(consequence) - 1);
        before = span.until;
      }
      entries.clear();
    }
  }
}

void RegionWriter::add(const BufferClasses::WordClass& word, std::span<const Consequence> consequences) {
  const CycleRange span{std::max(word.span.from, cycles_.from),
                        std::min(word.span.until, cycles_.until)};
  if (span.empty()) {
    return;
  }
  const auto& array = *region_->arrays[array_];
  end_words(
      static_cast<std::size_t>((word.site.module - array.first_module) * array.words + word.site.index));
  word_bits_.resize(static_cast<std::size_t>(array.bits));
  for (std::size_t i = 0; i < consequences.size(); ++i) {
    const auto consequence = consequences[i];
    totals_[static_cast<std::size_t>(consequence)] += span.cycles();
    if (consequence == Consequence::masked) {
      continue;
    }
    auto& entries = word_bits_[static_cast<std::size_t>(word.site.bit) + i];
    if (!entries.empty() && entries.back().consequence == consequence &&
        entries.back().span.until == span.from) {
      entries.back().span.until = span.until;
    } else {
      entries.push_back({span, consequence});
    }
  }
}

void RegionWriter::end_array() {
  const auto& array = *region_->arrays[array_];
  end_words(static_cast<std::size_t>(array.modules) * static_cast<std::size_t>(array.words));
  ++array_;
  word_ = 0;
}

std::string RegionWriter::bytes() const {
  std::string bytes;
  for (const auto total : totals_) {
    put(bytes, total);
  }
  return bytes + entries_;
}

RegionReader::RegionReader(std::string_view bytes) : rest_(bytes) {
  for (auto& total : totals_) {
    total = number();
  }
}

std::uint64_t RegionReader::number() { return take_number(rest_); }

void RegionReader::next_bit(int image, std::vector<BufferEntry>& entries) {
  std::uint64_t before = 0;
  for (auto left = number(); left > 0; --left) {
    const auto from = before + number();
    const auto coded = number();
    before = from + coded / kCounted;
    entries.push_back({{from, before}, static_cast<Consequence>(coded % kCounted + 1), image});
  }
}

std::vector<BufferEntry> whole_time(std::span<const BufferEntry> entries, CycleRange cycles) {
  std::vector<BufferEntry> all;
  const auto mask_until = [&](std::uint64_t cycle) {
    const auto from = all.empty() ? cycles.from : all.back().span.until;
    if (from < cycle) {
      all.push_back({{from, cycle}, Consequence::masked, 0});
    }
  };
  for (const auto& entry : entries) {
    mask_until(entry.span.from);
    all.push_back(entry);
  }
  mask_until(cycles.until);
  return all;
}

BufferMap::BufferMap(const BufferRequest& request, Manifest manifest)
    : request_(request),
      manifest_(std::move(manifest)),
      layout_(std::make_shared<BufferLayout>(*request.net, request.spaces, request.layers)),
      totals_(layout_->regions().size()) {
  manifest_.merge(request.manifest());
}

void BufferMap::save_request(const fs::path& folder) const {
  write_map_file(folder / kBufferMapFile, kBufferMagic, json_text(json{{"manifest", manifest_}}) + "\n");
}

BufferMap BufferMap::load(const fs::path& folder) {
  const auto where = folder.string();
  const auto head = read_map_file(folder / kBufferMapFile, kBufferMagic);
  Manifest manifest;
  try {
    manifest = parse_json<json>(head).at("manifest").get<Manifest>();
  } catch (const json::exception& e) {
    throw damaged_map(where, e.what());
  }
  know_networks(manifest, where);
  BufferMap map(BufferRequest::of(manifest, where), manifest);
  for (int image = 0; image < map.request_.images; ++image) {
    if (std::error_code ignored; fs::exists(image_file(folder, image), ignored)) {
      map.take(image, read_map_file(image_file(folder, image), kBufferMagic), where);
    }
  }
  return map;
}

void BufferMap::take(int image, std::string_view content, const std::string& where) {
  try {
    const auto regions = regions_in(content, totals_.size());
    for (std::size_t i = 0; i < regions.size(); ++i) {
      const auto totals = RegionReader(regions[i]).totals();
      for (std::size_t k = 0; k < totals.size(); ++k) {
        totals_[i][k] += totals[k];
      }
    }
  } catch (const std::runtime_error& e) {
    throw damaged_map(where, e.what());
  }
  Digest digest;
  digest.add(content);
  images_[image] = digest.hex();
}

void BufferMap::add(int image, const std::vector<std::string>& regions, const fs::path& folder) {
  std::string content;
  for (const auto& region : regions) {
    put(content, region.size());
  }
  for (const auto& region : regions) {
    content += region;
  }
  write_map_file(image_file(folder, image), kBufferMagic, content);
  take(image, content, folder.string());
}

std::vector<int> BufferMap::images_left() const {
  std::vector<int> left;
  for (int image = 0; image < request_.images; ++image) {
    if (!images_.contains(image) && request_.shard.has(image)) {
      left.push_back(image);
    }
  }
  return left;
}

std::uint64_t BufferMap::masked(std::size_t region) const {
  auto masked = layout_->regions()[region].bits * request_.cycles.cycles();
  for (std::size_t k = 1; k <= kCounted; ++k) {
    masked -= totals_[region][k];
  }
  return masked;
}

std::vector<int> BufferMap::done() const {
  std::vector<int> done;
  for (const auto& [image, digest] : images_) {
    done.push_back(image);
  }
  return done;
}

BufferBits::BufferBits(const BufferMap& map, const fs::path& folder, std::size_t region)
    : region_(&map.layout()->regions()[region]), where_(folder.string()) {
  const auto images = map.done();
  contents_.reserve(images.size());  // for the readers' sake
  try {
    for (const int image : images) {
      contents_.push_back(std::string(regions_in(read_map_file(image_file(folder, image), kBufferMagic),
                                                 map.layout()->regions().size())[region]));
      readers_.emplace_back(image, RegionReader(contents_.back()));
    }
  } catch (const InputError&) {
    throw;
  } catch (const std::runtime_error& e) {
    throw damaged_map(where_, e.what());
  }
}

// To the next site.
bool BufferBits::turn() {
  if (!begun_) {
    begun_ = true;
  } else if (++site_.bit == array().bits) {
    site_.bit = 0;
    if (++site_.index == array().words) {
      site_.index = 0;
      if (++module_ == array().modules) {
        module_ = 0;
        if (++array_ == region_->arrays.size()) {
          return false;
        }
      }
    }
  }
  site_ = {array().space, array().layer, array().first_module + module_, site_.index, 0, site_.bit};
  return true;
}

bool BufferBits::next() {
  if (!turn()) {
    return false;
  }
  entries_.clear();
  try {
    for (auto& [image, reader] : readers_) {
      reader.next_bit(image, entries_);
    }
  } catch (const std::runtime_error& e) {
    throw damaged_map(where_, e.what());
  }
  std::ranges::sort(entries_, {}, [](const BufferEntry& entry) { return entry.span.from; });
  return true;
}

std::string BufferMap::digest() const {
  Digest digest;
  auto request = request_;
  request.shard = {};
  for (const auto& [key, value] : request.manifest()) {
    digest.add(key + "=" + value + "\n");
  }
  for (const auto& [image, own] : images_) {
    digest.add(fmt::format("{} {}\n", image, own));
  }
  return digest.hex();
}

int merge_buffer_maps(const std::vector<fs::path>& shards, const fs::path& out) {
  if (has_buffer_map(out)) {
    throw InputError((out / kBufferMapFile).string() +
                     " exists: name another folder with --out, or remove it");
  }
  std::vector<BufferMap> parts;
  ShardChecks checks;
  for (const auto& folder : shards) {
    parts.push_back(BufferMap::load(folder));
    checks.add(folder, parts.back().request().shard, parts.back().images_left().size());
    require_same_map(parts.front().manifest(), parts.back().manifest(),
                     shards.front().string() + " and " + folder.string());
  }
  checks.end();
  auto request = parts.front().request();
  request.shard = {};
  auto manifest = parts.front().manifest();
  manifest.erase("shard");
  BufferMap whole(request, manifest);
  std::error_code error;
  fs::create_directories(out, error);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (int image = parts[i].request().shard.index; image < request.images;
         image += parts[i].request().shard.count) {
      const auto content = read_map_file(image_file(shards[i], image), kBufferMagic);
      write_map_file(image_file(out, image), kBufferMagic, content);
      whole.take(image, content, out.string());
    }
  }
  whole.save_request(out);
  return whole.images_done();
}

}  // namespace fluence
