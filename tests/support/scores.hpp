// The outside reference scores.
#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "network/images.hpp"
#include "tests/support/data.hpp"

namespace fluence::test {

/// All scores of the first `images` test images. Throws std::runtime_error if the file, below the data's
/// folder, is not as expected.
inline std::vector<Scores> load_scores_of(const std::string& file, std::size_t images) {
  std::vector<Scores> scores(images, Scores(64));
  std::ifstream in(data_dir() / file, std::ios::binary);
  for (auto& row : scores) {
    in.read(reinterpret_cast<char*>(row.data()),
            static_cast<std::streamsize>(row.size() * sizeof row[0]));
  }
  if (!in || in.peek() != EOF) {
    throw std::runtime_error(file + " does not hold " + std::to_string(images) + " x 64 int16");
  }
  return scores;
}
/// Those of a network with its own parameters: of 1,000 images.
inline std::vector<Scores> load_scores(const std::string& net) {
  return load_scores_of("scores/" + net + ".i16", 1000);
}

inline ImageSet load_test_images() { return ImageSet::load(data_dir() / "cifar10/test_first1000.bin"); }

}  // namespace fluence::test
