#include "analysis/planner.hpp"

#include <cmath>

#include "analysis/intervals.hpp"

namespace fluence {

std::uint64_t sample_size(double population, const Precision& precision) {
  const double z = normal(precision.confidence);
  const double spread = z * z * precision.share * (1 - precision.share);
  const double e2 = precision.margin * precision.margin;
  return static_cast<std::uint64_t>(std::ceil(population / (1 + e2 * (population - 1) / spread)));
}

std::vector<Stratum> plan_strata(const SiteMap& sites, const std::vector<Space>& spaces, double times,
                                 const Precision& precision) {
  std::vector<Stratum> strata;
  for (const auto space : spaces) {
    for (const auto& layer : sites.net().layers) {
      const auto bits = sites.bit_count(space, layer.index);
      if (bits > 0) {
        const double population = static_cast<double>(bits) * times;
        strata.push_back({space, layer.index, bits, population, sample_size(population, precision)});
      }
    }
  }
  return strata;
}

}  // namespace fluence
