// Whether groups of numbers differ at all, by ranks.
#pragma once

#include <vector>

namespace fluence {

struct RankTest {
  double statistic = 0;
  int freedom = 0;
  double p = 1;
};

/// Kruskal & Wallis (1952) with the correction for ties; p by chi squared. Groups without numbers do
/// not count. p is 1 for fewer than two groups or if all numbers are equal.
RankTest kruskal_wallis(const std::vector<std::vector<double>>& groups);

}  // namespace fluence
