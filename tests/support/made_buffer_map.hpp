// A map of buffers that no network was asked for, whose consequences are known.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "map/buffer_results.hpp"
#include "network/known_networks.hpp"

namespace fluence::test {

/// Of the accumulators of layer 3 of lfcW1A1 on two images: the entries are its first bit's.
inline BufferMap made_buffer_map(const std::filesystem::path& folder, CycleRange cycles,
                                 const std::vector<BufferEntry>& entries) {
  std::filesystem::create_directories(folder);
  BufferRequest request;
  request.net = &topology("lfcW1A1");
  request.spaces = {Space::accumulator};
  request.layers = {3};
  request.images = 2;
  request.cycles = cycles;
  BufferMap map(request, {{"images", "some"}, {"params lfcW1A1", "those"}});
  map.save_request(folder);
  const auto& region = map.layout()->regions().front();
  for (int image = 0; image < request.images; ++image) {
    RegionWriter writer(region, cycles);
    for (const auto* array : region.arrays) {
      for (const auto& entry : entries) {
        if (array == region.arrays.front() && entry.image == image) {
          BufferClasses::WordClass word;
          word.site = map.layout()->sites().nth(region.space, region.layer, 0);
          word.span = entry.span;
          writer.add(word, std::array{entry.consequence});
        }
      }
      writer.end_array();
    }
    map.add(image, {writer.bytes()}, folder);
  }
  return map;
}

}  // namespace fluence::test
