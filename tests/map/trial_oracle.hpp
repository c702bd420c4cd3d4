// What maps are held against: a trial a fault on the fast engine.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fault/fast_engine.hpp"
#include "map/consequence.hpp"
#include "map/layout.hpp"
#include "network/decision.hpp"
#include "tests/support/parameter_trials.hpp"
#include "tests/support/random_network.hpp"

namespace fluence::test {

inline std::vector<Image> some_images(int count, const ImageShape& shape = kCifar10) {
  std::vector<Image> images;
  for (int i = 0; i < count; ++i) {
    images.push_back(random_image(static_cast<std::uint64_t>(i + 1), shape));
    images.back().label = static_cast<std::uint8_t>(i % 3);
  }
  return images;
}

// What a trial a fault says.
class Oracle {
 public:
  Oracle(const Parameters& parameters, const std::vector<Image>& images)
      : images_(images), engine_(parameters, ImageSet(images)) {
    fault_free_ = engine_.run({0, static_cast<int>(images.size()), {}}, Semantics::physical).scores;
  }

  BlockCounts operator()(const Site& site, MapMode mode) {
    auto fault = fault_at(site, 0, mode == MapMode::mbu ? 8 : 1);
    fault.kind = mode == MapMode::stuck0   ? FaultKind::stuck0
                 : mode == MapMode::stuck1 ? FaultKind::stuck1
                                           : FaultKind::flip;
    const auto scores =
        engine_.run({1, static_cast<int>(images_.size()), {fault}}, Semantics::physical).scores;
    BlockCounts counts = 0;
    for (std::size_t i = 0; i < images_.size(); ++i) {
      counts += consequence(scores, i);
    }
    return counts;
  }

 private:
  // In words of its own.
  BlockCounts consequence(const std::vector<std::int16_t>& scores, std::size_t image) const {
    const auto count = static_cast<std::size_t>(engine_.scores());
    const auto own = std::span(scores).subspan(image * count, count);
    const auto expected = std::span(fault_free_).subspan(image * count, count);
    if (std::ranges::equal(own, expected)) {
      return 0;
    }
    const int now = classify(own, engine_.decider());
    const int before = classify(expected, engine_.decider());
    const int label = images_[image].label;
    if (now == before) {
      return 1;
    }
    return BlockCounts{1} << (before == label ? 16 : now == label ? 32 : 48);
  }

  const std::vector<Image>& images_;
  FastEngine engine_;
  std::vector<std::int16_t> fault_free_;
};

}  // namespace fluence::test
