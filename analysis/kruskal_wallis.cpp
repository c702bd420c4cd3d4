#include "analysis/kruskal_wallis.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/probability.hpp"

namespace fluence {

RankTest kruskal_wallis(const std::vector<std::vector<double>>& groups) {
  std::vector<std::pair<double, std::size_t>> all;  // value, group
  RankTest test;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    test.freedom += groups[g].empty() ? 0 : 1;
    for (const double value : groups[g]) {
      all.emplace_back(value, g);
    }
  }
  test.freedom -= 1;
  std::ranges::sort(all);
  const auto n = static_cast<double>(all.size());
  std::vector<double> sums(groups.size());
  double ties = 0;
  for (std::size_t i = 0, end = 0; i < all.size(); i = end) {
    while (end < all.size() && all[end].first == all[i].first) {
      ++end;
    }
    const auto equal = static_cast<double>(end - i);
    ties += equal * equal * equal - equal;
    for (std::size_t k = i; k < end; ++k) {
      sums[all[k].second] += static_cast<double>(i + end + 1) / 2;  // the mean of ranks i + 1 .. end
    }
  }
  if (test.freedom < 1 || ties == n * n * n - n) {
    return test;
  }
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (!groups[g].empty()) {
      test.statistic += sums[g] * sums[g] / static_cast<double>(groups[g].size());
    }
  }
  test.statistic = (12 * test.statistic / (n * (n + 1)) - 3 * (n + 1)) / (1 - ties / (n * n * n - n));
  test.p = chi_squared_tail(test.statistic, test.freedom);
  return test;
}

}  // namespace fluence
