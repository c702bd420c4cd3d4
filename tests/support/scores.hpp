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

/// All scores of the first 1,000 test images. Throws std::runtime_error if the file is not as expected.
inline std::vector<Scores> load_scores(const std::string& net) {
  std::vector<Scores> scores(1000);
  const auto size = static_cast<std::streamsize>(scores.size() * sizeof(Scores));
  std::ifstream in(data_dir() / "scores" / (net + ".i16"), std::ios::binary);
  if (!in.read(reinterpret_cast<char*>(scores.data()), size) || in.peek() != EOF) {
    throw std::runtime_error("scores/" + net + ".i16 does not hold 1000 x 64 int16");
  }
  return scores;
}

inline ImageSet load_test_images() { return ImageSet::load(data_dir() / "cifar10/test_first1000.bin"); }

}  // namespace fluence::test
