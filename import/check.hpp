// Whether a graph and the network that was made of it are the same: on images, score by score.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/npy.hpp"
#include "import/integer_network.hpp"

namespace fluence::importing {

/// Whole numbers of so many seeded images.
std::vector<std::vector<int>> drawn_images(const ImageNumbers& form, int count, std::uint64_t seed);

/// What a graph's scores, in double precision, are for an image.
std::vector<double> graph_scores(const IntegerNetwork& network, const std::vector<int>& image);

struct CheckResult {
  int images = 0;
  int ties = 0;  ///< images with more than one highest score
};

/// Throws std::runtime_error naming image and score where both differ. `expected`, which errors call
/// `file`, holds a class or all scores of each image: it throws InputError if it has another shape.
CheckResult check(const IntegerNetwork& network, const Parameters& parameters,
                  const std::vector<std::vector<int>>& images,
                  const std::optional<NumpyArray>& expected = {}, const std::string& file = "");

}  // namespace fluence::importing
