// A map of buffers from its request to its folder.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "campaign/progress.hpp"
#include "map/buffer_results.hpp"

namespace fluence {

/// So many images unless others are asked for: each has a bit-cycle for every bit and every of its
/// cycles.
inline constexpr int kBufferImages = 2;

struct BufferMapOrder {
  BufferRequest request;       ///< whose images, cycles and shard are made from what follows
  std::string out;             ///< folder of the map
  std::string params, images;  ///< empty: the embedded ones
  std::string shard;           ///< "i/n"; empty: all of it
  std::string cycles;          ///< "A:B"; empty: those of the whole run
  int count = kBufferImages;   ///< images of the run
  int jobs = 1;
  ProgressSink progress{};
};

struct BufferMapEnd {
  BufferMap map;
  std::filesystem::path folder;  ///< that it is in: of a shard one below `out`
  bool interrupted = false;
};

/// Makes a map or resumes it; shows its progress, on stderr if nobody else is told. Throws InputError,
/// before anything is written, if the inputs, the schedule or what is in the folder do not allow it.
BufferMapEnd run_buffer_map(const BufferMapOrder& order);

}  // namespace fluence
