#include "mvau_numbers/cases.hpp"
#include "tests/rtl/support/mvau_bench.hpp"

namespace fluence::test {
namespace {

INSTANTIATE_TYPED_TEST_SUITE_P(AllNumbers, Mvau, mvau_numbers_cases, CaseName);

}  // namespace
}  // namespace fluence::test
