// Computes a map of buffers: spaces and layers of images in worker processes, a file an image into a
// folder.
#pragma once

#include <filesystem>
#include <string>

#include "base/cancel.hpp"
#include "campaign/progress.hpp"
#include "campaign/worker_pool.hpp"
#include "fault/schedule.hpp"
#include "map/buffer_effects.hpp"
#include "map/buffer_results.hpp"
#include "network/images.hpp"
#include "network/parameters.hpp"

namespace fluence {

/// The bytes of a region of an image (RegionWriter): `effects` must have been turned to it.
std::string map_region(const BufferRegion& region, CycleRange cycles, const BufferClasses& classes,
                       int image, BufferEffects& effects, const CancelToken& cancel = {});

/// Adds the images of the map's shard that are not done, each when it is complete: a killed map resumes,
/// to the same content. Throws InputError if that cannot be written.
PoolEnd run_buffer_map(BufferMap& map, const Schedule& schedule, const Parameters& parameters,
                       const ImageSet& images, int jobs, const std::filesystem::path& folder,
                       const ProgressSink& sink = {});

}  // namespace fluence
