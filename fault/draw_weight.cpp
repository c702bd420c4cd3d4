// What a trial that is drawn by importance stands for.
#include <algorithm>
#include <cmath>
#include <functional>

#include "fault/draw.hpp"

namespace fluence {

// Plainly, upset i comes with its probability p over that of what those before it, together a, have
// left. By importance, one of them, j, comes first, r times as likely as plainly, and leaves less to
// those that were before it. All of that is the same for every j where all p are, as with single bits.
// None is left to the compiler, which may round once or twice.
double Drawer::weight(const FaultCase& drawn) const {
  const auto count = drawn.faults.size();
  if (important_.empty() || count == 0) {
    return 1;
  }
  std::uint64_t all = 0;
  for (const auto& segment : segments_) {
    all += segment.weight;
  }
  std::uint64_t sum = 0;
  for (const auto& segment : important_) {
    sum += segment.weight;
  }
  const double to_ratio = static_cast<double>(all) / static_cast<double>(sum);
  std::vector<double> p;
  for (const auto& fault : drawn.faults) {
    const auto bits = plan_.importance->bits(fault.site);
    const auto segment = std::ranges::find_if(important_, [&](const Segment& s) {
      return s.space == fault.site.space && s.layer == fault.site.layer;
    });
    p.push_back(static_cast<double>(segment->bit_weight * static_cast<std::uint64_t>(bits)) /
                static_cast<double>(all));
  }
  const bool alike = std::ranges::adjacent_find(p, std::ranges::not_equal_to()) == p.end();
  double ratios = 0;
  for (std::size_t j = 0; j < count; ++j) {
    const double ratio = static_cast<double>(plan_.importance->of(drawn.faults[j].site)) * to_ratio;
    double earlier = 1;
    double a = 0;
    for (std::size_t i = 0; i < j && !alike; ++i) {
      earlier *= (1 - a - p[i]) / (1 - a - p[j]);
      a += p[i];
    }
    ratios = std::fma(ratio, earlier, ratios);
  }
  const double plain = static_cast<double>(plain_parts_) / static_cast<double>(kParts);
  return 1 / std::fma(1 - plain, ratios / static_cast<double>(count), plain);
}

}  // namespace fluence
