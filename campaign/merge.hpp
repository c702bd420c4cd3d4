// Joins the shards of a campaign.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace fluence {

/// Writes to `out` the results that one process running all trials would have written there. Trials are
/// read from all shards side by side in the order of the keys, so the database is written from front to
/// back. `out` may exist but must hold no results. Returns the number of trials. Throws InputError,
/// leaving nothing behind, if a folder holds no shard, an unfinished or a damaged one, if two are the
/// same or belong to different campaigns or different numbers of shards, or if one is missing.
std::int64_t merge_shards(const std::vector<std::filesystem::path>& shards,
                          const std::filesystem::path& out);

/// Numbers of the shards of `count` in `folder` (as 'fluence run --out folder --shard' puts them there)
/// that are missing or unfinished. Throws InputError if one is damaged.
std::vector<int> unfinished_shards(const std::filesystem::path& folder, int count);

}  // namespace fluence
