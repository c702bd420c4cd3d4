// A map of buffers from its request to its folder.
#pragma once

#include <filesystem>
#include <string>

#include "map/buffer_results.hpp"
#include "session/map.hpp"

namespace fluence {

/// So many images unless others are asked for: each has a bit-cycle for every bit and every of its
/// cycles.
inline constexpr int kBufferImages = 2;

struct BufferMapOrder : MapInputs {
  BufferRequest request{};  ///< whose images, cycles and shard are made from the rest
  std::string cycles;       ///< "A:B"; empty: those of the whole run
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
