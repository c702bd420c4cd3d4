#include "import/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>

#include "base/error.hpp"
#include "network/decision.hpp"
#include "network/image_arrays.hpp"
#include "network/packed.hpp"

namespace fluence::importing {
namespace {

constexpr double kTolerance = 1e-4;  // of what another program computed in floating point

std::size_t values_of(const ImageNumbers& form) {
  std::size_t size = 1;
  for (const auto side : form.shape) {
    size *= static_cast<std::size_t>(side);
  }
  return size;
}

bool agrees(double a, double b) { return std::abs(a - b) <= kTolerance * std::max(1.0, std::abs(b)); }

/// What is expected of each image, against what was computed.
class Expected {
 public:
  Expected(const NumpyArray& array, const std::string& file, std::size_t images, std::size_t scores)
      : array_(array), file_(file), scores_(scores) {
    const auto& shape = array.shape;
    classes_ = array.values.size() == images && (scores > 1 || shape.size() == 1);
    if (array.values.size() != images * (classes_ ? 1 : scores) || shape.empty()) {
      throw InputError(
          fmt::format("{} has the shape ({}) where {} classes, or as many times {} scores, "
                      "are expected: give those of the images",
                      file, fmt::join(shape, ", "), images, scores));
    }
  }

  void check(std::size_t image, int decision, const std::vector<std::int64_t>& sums,
             const std::vector<double>& reals) const {
    if (classes_) {
      if (array_.values[image] != decision) {
        throw std::runtime_error(fmt::format("image {} is of class {} where {} expects {}", image,
                                             decision, file_, array_.values[image]));
      }
      return;
    }
    for (std::size_t i = 0; i < scores_; ++i) {
      const auto value = array_.values[image * scores_ + i];
      if (value != static_cast<double>(sums[i]) && !agrees(reals[i], value)) {
        throw std::runtime_error(
            fmt::format("score {} of image {} is {} ({} in the graph) where {} expects {}", i, image,
                        sums[i], reals[i], file_, value));
      }
    }
  }

 private:
  const NumpyArray& array_;
  const std::string& file_;
  std::size_t scores_;
  bool classes_ = false;
};

}  // namespace

std::vector<std::vector<int>> drawn_images(const ImageNumbers& form, int count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto draw = [&](int least, int most) {
    return least + static_cast<int>(random() % (static_cast<std::uint64_t>(most - least) + 1));
  };
  std::vector<std::vector<int>> images(static_cast<std::size_t>(count));
  const int step = form.format.step();
  const int levels = (form.most - form.least) / step;
  for (auto& image : images) {
    // From a part of what there is, so that bright and dark ones are among them.
    const int one = draw(0, levels);
    const int other = draw(0, levels);
    const int least = std::min(one, other);
    const int most = std::max(one, other);
    for (std::size_t i = 0; i < values_of(form); ++i) {
      // Now and then any number.
      const bool any = random() % 4 == 0;
      image.push_back(form.least + step * (any ? draw(0, levels) : draw(least, most)));
    }
  }
  return images;
}

std::vector<double> graph_scores(const IntegerNetwork& network, const std::vector<int>& image) {
  Values values{network.input.numbers.shape, {}};
  for (const int number : image) {
    values.values.push_back(network.input.numbers.real(number));
  }
  for (const auto* node : network.path) {
    values = compute(*node, network.constants->inputs_of(*node, values));
  }
  return values.values;
}

CheckResult check(const IntegerNetwork& network, const Parameters& parameters,
                  const std::vector<std::vector<int>>& images, const std::optional<NumpyArray>& expected,
                  const std::string& file) {
  const auto shape = network.net.image();
  const Decider decider(parameters);
  const auto scores = network.scores.size();
  std::optional<Expected> wanted;
  if (expected) {
    wanted.emplace(*expected, file, images.size(), scores);
  }
  PackedNetwork packed(parameters);
  CheckResult result;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto given = packed.run(image_of(images[i], shape, network.input.numbers));
    const auto sums = decider.sums(given);
    const auto reals = graph_scores(network, images[i]);
    for (std::size_t row = 0; row < scores; ++row) {
      const auto offset = network.offsets.empty() ? 0 : network.offsets[row];
      const auto& line = network.scores[row];
      // The graph's own rounding aside.
      const auto sum = std::nearbyint((reals[row] - line.bias) / line.factor);
      if (sum != static_cast<double>(sums[row] - offset)) {
        throw std::runtime_error(fmt::format(
            "score {} of image {} is {} in the integer network and {} in the graph, {} of its sums", row,
            i, sums[row], reals[row], sum + offset));
      }
    }
    const int decision = decider(given);
    const auto highest = std::ranges::max(reals);
    const auto tied = std::ranges::count_if(reals, [&](double real) { return agrees(real, highest); });
    result.ties += tied > 1 ? 1 : 0;
    const auto of_graph = std::ranges::max_element(reals) - reals.begin();
    if (scores > 1 && tied == 1 && decision != of_graph) {
      throw std::runtime_error(
          fmt::format("image {} is of class {} in the integer network and of {} in the graph", i,
                      decision, of_graph));
    }
    if (wanted) {
      wanted->check(i, decision, sums, reals);
    }
    ++result.images;
  }
  return result;
}

}  // namespace fluence::importing
