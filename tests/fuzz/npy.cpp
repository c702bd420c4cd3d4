// An array of NumPy.
#include "base/npy.hpp"

#include "tests/fuzz/input.hpp"

using namespace fluence;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::refuse_or_read([&] {
    const auto array = parse_npy(fuzz::as_text(data, size), "x.npy");
    std::size_t count = 1;
    for (const auto side : array.shape) {
      count *= static_cast<std::size_t>(side);
    }
    fuzz::require(array.values.size() == count);
  });
}
