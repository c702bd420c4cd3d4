#include "mvau/cases.hpp"
#include "tests/rtl/support/mvau_bench.hpp"

namespace fluence::test {
namespace {

INSTANTIATE_TYPED_TEST_SUITE_P(FastFormats, Mvau, mvau_cases, CaseName);

}  // namespace
}  // namespace fluence::test
