// Computes a map: blocks of images in worker processes, counts into a folder.
#pragma once

#include <filesystem>

#include "campaign/worker_pool.hpp"
#include "map/results.hpp"
#include "network/images.hpp"
#include "network/parameters.hpp"

namespace fluence {

/// Adds to `results` the images of its shard that are not done, and saves them in `folder` every few
/// seconds and at the end, whole blocks of images only: a killed map resumes, to the same counts. Throws
/// InputError if that cannot be written or the machine has not the memory for so many jobs.
PoolEnd run_map(MapResults& results, const Parameters& parameters, const ImageSet& images, int jobs,
                const std::filesystem::path& folder);

}  // namespace fluence
