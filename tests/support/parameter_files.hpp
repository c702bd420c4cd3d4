// Writes parameter folders in the format that Parameters::load reads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "network/parameters.hpp"

namespace fluence::test {

inline void write_words(const std::filesystem::path& file, const std::vector<std::uint64_t>& words) {
  std::ofstream out(file, std::ios::binary);
  for (auto word : words) {
    for (int i = 0; i < 8; ++i, word >>= 8) {
      out.put(static_cast<char>(word & 0xff));
    }
  }
}

inline void write_parameters(const Parameters& parameters, const std::filesystem::path& folder) {
  for (const auto& layer : parameters.net->layers) {
    for (int pe = 0; pe < layer.pe; ++pe) {
      const auto prefix = std::to_string(layer.index) + "-" + std::to_string(pe) + "-";
      std::vector<std::uint64_t> words;
      for (int word = 0; word < layer.weight_words(); ++word) {
        for (const auto limb : parameters.weight_word(layer.index, pe, word)) {
          words.push_back(limb);
        }
      }
      write_words(folder / (prefix + "weights.bin"), words);
      words.clear();
      for (int word = 0; word < layer.threshold_words(); ++word) {
        for (int t = 0; t < layer.thresholds; ++t) {
          words.push_back(
              static_cast<std::uint64_t>(std::int64_t{parameters.threshold(layer.index, pe, word, t)}));
        }
      }
      if (!words.empty()) {
        write_words(folder / (prefix + "thres.bin"), words);
      }
    }
  }
  std::ofstream classes(folder / "classes.txt");
  for (const auto& name : parameters.classes) {
    classes << name << '\n';
  }
}

}  // namespace fluence::test
