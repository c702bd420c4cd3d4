#include <optional>

#include "base/error.hpp"
#include "map/buffer_results.hpp"
#include "map/results.hpp"

namespace fluence {

namespace fs = std::filesystem;

int merge_maps(const std::vector<fs::path>& shards, const fs::path& out) {
  if (has_map(out)) {
    throw InputError((out / kMapFile).string() +
                     " exists: name another folder with --out, or remove it");
  }
  std::optional<MapResults> whole;
  ShardChecks checks;
  for (const auto& folder : shards) {
    auto part = MapResults::load(folder);
    checks.add(folder, part.request().shard, part.images_left().size());
    if (whole) {
      whole->add(part, shards.front().string(), folder.string());
    } else {
      whole = std::move(part);
    }
  }
  checks.end();
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
    const bool finished = has_map(where)
                              ? MapResults::load(where).images_left().empty()
                              : has_buffer_map(where) && BufferMap::load(where).images_left().empty();
    if (!finished) {
      result.push_back(i);
    }
  }
  return result;
}

}  // namespace fluence
