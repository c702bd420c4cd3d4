// Computes a map: blocks of images in worker processes, counts into a folder.
#pragma once

#include <filesystem>

#include "campaign/progress.hpp"
#include "campaign/worker_pool.hpp"
#include "map/results.hpp"
#include "network/images.hpp"
#include "network/parameters.hpp"

namespace fluence {

/// Throws InputError unless the machine has the memory for a map by so many jobs. To be asked before
/// there is a MapResults, which takes a part of it.
void require_memory(const MapLayout& layout, int jobs);

/// `parameters`: without those upsets that the request has as given. Adds to `results` the images of its
/// shard that are not done, and saves them in `folder` every few seconds and at the end, whole blocks of
/// images only: a killed map resumes, to the same counts. Throws InputError if that cannot be written.
PoolEnd run_map(MapResults& results, const Parameters& parameters, const ImageSet& images, int jobs,
                const std::filesystem::path& folder, const ProgressSink& sink = {});

}  // namespace fluence
