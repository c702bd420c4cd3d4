#include "analysis/published.hpp"

#include <cmath>

namespace fluence {

const PublishedTable kTableI = {"Table I",
                                0.91,
                                {{{74.76, 0.68},
                                  {5.37, 0.43},
                                  {0.45, 0.42},
                                  {0.65, 0.41},
                                  {0.06, 0.01},
                                  {-0.19, 0.27},
                                  {-0.33, 0.27},
                                  {-0.02, 0.01},
                                  {-0.28, 0.26},
                                  {0.04, 0.01},
                                  {-0.06, 0.01},
                                  {0.12, 0.16},
                                  {-0.02, 0.00},
                                  {0.02, 0.00},
                                  {-0.04, 0.00},
                                  {0.02, 0.00}}}};

const PublishedTable kTableII = {"Table II",
                                 0.69,
                                 {{{75.26, 0.65},
                                   {5.10, 0.41},
                                   {0.79, 0.41},
                                   {0.08, 0.14},
                                   {0.06, 0.01},
                                   {-0.17, 0.26},
                                   {-0.04, 0.09},
                                   {-0.01, 0.01},
                                   {-0.12, 0.09},
                                   {-0.11, 0.01},
                                   {-0.01, 0.00},
                                   {0.03, 0.06},
                                   {0.03, 0.01},
                                   {0.00, 0.00},
                                   {0.01, 0.00},
                                   {0.00, 0.00}}}};

double deviation(const Term& ours, const PublishedTerm& published) {
  constexpr double kRounding = 0.01 * 0.01 / 12;
  return (ours.estimate - published.estimate) /
         std::sqrt(ours.error * ours.error + published.error * published.error + kRounding);
}

}  // namespace fluence
