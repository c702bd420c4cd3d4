// Computes a map: blocks of images in worker processes, counts into a folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "campaign/progress.hpp"
#include "campaign/worker_pool.hpp"
#include "map/consequence.hpp"
#include "map/layout.hpp"
#include "map/results.hpp"
#include "network/images.hpp"
#include "network/parameters.hpp"

namespace fluence {

/// Throws InputError unless the machine has the memory for a map by so many jobs. To be asked before
/// there is a MapResults, which takes a part of it.
void require_memory(const MapLayout& layout, int jobs);

struct BlockHooks {
  /// What every fault of the layout does to a block of images.
  std::function<void(std::span<const int> images, std::span<const BlockCounts> counts)> done;
  /// Several times a second.
  std::function<void()> tick;
};

/// Every fault of the layout on each of `wanted`, in blocks of images that worker processes take. Throws
/// like `run_pool`.
PoolEnd map_blocks(const Parameters& parameters, const MapLayout& layout, Counted counted,
                   const ImageSet& images, const std::vector<int>& wanted, int jobs,
                   const BlockHooks& block_hooks);

/// `parameters`: without those upsets that the request has as given. Adds to `results` the images of its
/// shard that are not done, and saves them in `folder` every few seconds and at the end, whole blocks of
/// images only: a killed map resumes, to the same counts. Throws InputError if that cannot be written.
PoolEnd run_map(MapResults& results, const Parameters& parameters, const ImageSet& images, int jobs,
                const std::filesystem::path& folder, const ProgressSink& sink = {});

}  // namespace fluence
