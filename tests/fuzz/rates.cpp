// A device, an environment and a spectrum, by the first byte.
#include <sstream>

#include "rates/environment.hpp"
#include "tests/fuzz/input.hpp"

using namespace fluence;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::refuse_or_read([&] {
    if (size == 0) {
      return;
    }
    const auto text = fuzz::as_text(data + 1, size - 1);
    switch (data[0] % 5) {
      case 0: static_cast<void>(parse_device(text, "d.toml")); break;
      case 1: static_cast<void>(parse_environment(text, "e.toml")); break;
      default: {
        std::istringstream in{std::string(text)};
        const auto kind = static_cast<SpectrumKind>(data[0] % 5 - 2);
        const auto spectrum = read_spectrum(in, "s", kind);
        fuzz::require(spectrum.at.size() == spectrum.flux.size() && spectrum.at.size() >= 2);
      }
    }
  });
}
