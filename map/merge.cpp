#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "map/results.hpp"

namespace fluence {

namespace fs = std::filesystem;

namespace {

struct Part {
  fs::path folder;
  Shard shard;
};

void check_pair(const Part& one, const Part& other) {
  const auto both = one.folder.string() + " and " + other.folder.string();
  if (one.shard.count != other.shard.count) {
    throw InputError(both + " are parts of different divisions (" + one.shard.text() + " and " +
                     other.shard.text() + "): name shards that were run with the same n");
  }
  if (one.shard.index == other.shard.index) {
    throw InputError(both + " are the same shard, " + one.shard.text() + ": name each once");
  }
}

}  // namespace

int merge_maps(const std::vector<fs::path>& shards, const fs::path& out) {
  if (has_map(out)) {
    throw InputError((out / kMapFile).string() +
                     " exists: name another folder with --out, or remove it");
  }
  std::optional<MapResults> whole;
  std::vector<Part> parts;
  for (const auto& folder : shards) {
    auto part = MapResults::load(folder);
    parts.push_back({folder, part.request().shard});
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      check_pair(parts[i], parts.back());
    }
    if (const auto left = part.images_left().size(); left > 0) {
      throw InputError("shard " + parts.back().shard.text() + " in " + folder.string() +
                       " is unfinished (" + std::to_string(left) +
                       " images are missing): run the same command to resume it");
    }
    if (whole) {
      whole->add(part, shards.front().string(), folder.string());
    } else {
      whole = std::move(part);
    }
  }
  const int count = parts.front().shard.count;
  for (int i = 0; i < count; ++i) {
    if (std::ranges::count(parts, i, [](const Part& part) { return part.shard.index; }) == 0) {
      throw InputError("shard " + Shard{i, count}.text() +
                       " of the map is missing: run it with --shard " + Shard{i, count}.text() +
                       ", or name its folder too");
    }
  }
  whole->become_whole();
  std::error_code error;
  fs::create_directories(out, error);
  whole->save(out);
  return whole->images_done();
}

std::vector<int> unfinished_map_shards(const fs::path& folder, int count) {
  std::vector<int> result;
  for (int i = 0; i < count; ++i) {
    const auto where = folder / Shard{i, count}.folder();
    if (!has_map(where) || !MapResults::load(where).images_left().empty()) {
      result.push_back(i);
    }
  }
  return result;
}

}  // namespace fluence
