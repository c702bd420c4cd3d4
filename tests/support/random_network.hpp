// Parameters and images drawn at random: every content that a memory can hold, as faults may leave it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

#include "base/bits.hpp"
#include "network/images.hpp"
#include "network/parameters.hpp"

namespace fluence::test {

/// Every weight bit is random; every threshold is near the middle of its accumulator's range, so that
/// activations are mixed, but one in 16 is any value that its word can hold.
inline Parameters random_parameters(const Topology& net, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Parameters result;
  result.net = &net;
  for (const auto& layer : net.layers) {
    auto& memory = result.layers.emplace_back();
    for (int i = 0; i < layer.pe * layer.weight_words(); ++i) {
      for (int left = layer.weight_word_bits(); left > 0; left -= kWordBits) {
        memory.weights.push_back(random() >> (kWordBits - std::min(left, kWordBits)));
      }
    }
    const int middle = layer.xnor ? layer.matrix_width() / 2 : 0;
    const int spread = layer.index == 0 ? 2000 : 1 + layer.matrix_width() / 16;
    std::uniform_int_distribution<std::int32_t> near(middle - spread, middle + spread);
    const std::int32_t limit = std::int32_t{1} << (layer.accumulator_bits - 1);
    std::uniform_int_distribution<std::int32_t> any(-limit, limit - 1);
    for (int i = 0; i < layer.pe * layer.threshold_words() * layer.thresholds; ++i) {
      memory.thresholds.push_back(random() % 16 == 0 ? any(random) : near(random));
    }
  }
  result.classes.assign(static_cast<std::size_t>(std::min(10, net.scores())), "any");
  return result;
}

inline Image random_image(std::uint64_t seed, const ImageShape& shape = kCifar10) {
  std::mt19937_64 random(seed);
  Image image(shape);
  for (auto& byte : image.planes) {
    byte = static_cast<std::uint8_t>(random());
  }
  return image;
}

/// Such images of seeds 0, 1, .. as a file of records, of class 0.
inline std::string random_records(int count, const ImageShape& shape) {
  std::string records;
  for (int i = 0; i < count; ++i) {
    const auto image = random_image(static_cast<std::uint64_t>(i), shape);
    records += static_cast<char>(0);
    records.append(image.planes.begin(), image.planes.end());
  }
  return records;
}

}  // namespace fluence::test
