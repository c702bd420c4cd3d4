#include "mvau_signs/cases.hpp"
#include "tests/rtl/support/mvau_bench.hpp"

namespace fluence::test {
namespace {

// What the unit cannot choose.
template <class Case>
struct Signs : Case {
  static constexpr int kInBits = 1;
  static constexpr int kWeightBits = 1;
  static constexpr int kFractionBits = 0;
  static constexpr bool kXnor = false;
};
template <class... Cases>
testing::Types<Signs<Cases>...> signs_of(testing::Types<Cases...>);

using SignsCases = decltype(signs_of(mvau_signs_cases{}));
INSTANTIATE_TYPED_TEST_SUITE_P(SumsOfSigns, Mvau, SignsCases, CaseName);

}  // namespace
}  // namespace fluence::test
